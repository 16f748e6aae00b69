import { defineConfig } from 'tsup'
import { declarations, library } from '../../tsup.config.ts'

// Each worker is a file of its own: a page starts it beside itself.
export default defineConfig({
  ...library,
  platform: 'browser',
  dts: { compilerOptions: { ...declarations, lib: ['ES2023', 'DOM', 'DOM.Iterable'], types: [] } },
  entry: {
    index: 'src/index.ts',
    'detector-worker': 'src/workers/detector-worker.ts',
    'signer-worker': 'src/workers/signer-worker.ts',
  },
})
