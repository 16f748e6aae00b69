import { defineConfig } from 'tsup'
import { library } from '../../tsup.config.ts'

// The worker is a file of its own: a page starts it beside itself.
export default defineConfig({
  ...library,
  platform: 'browser',
  entry: { index: 'src/index.ts', 'detector-worker': 'src/workers/detector-worker.ts' },
})
