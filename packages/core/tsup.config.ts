import { defineConfig } from 'tsup'
import { library } from '../../tsup.config.ts'

// Keys alone, for programs that must start without loading tfjs.
export default defineConfig({ ...library, entry: { index: 'src/index.ts', key: 'src/signal/key.ts' } })
