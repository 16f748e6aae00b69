// The worker of `createWorkerDetector`: opens engine and extractor once, then reads one image after the other. It decides nothing:
// keys and registries stay in the page.
import { serve } from './serve.ts'

serve(globalThis)
