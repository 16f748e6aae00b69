import { defineConfig } from 'tsup'
import { library } from '../../tsup.config.ts'

export default defineConfig({
  ...library,
  platform: 'node',
  entry: { index: 'src/index.ts', 'detector-worker': 'src/workers/detector-worker.ts' },
})
