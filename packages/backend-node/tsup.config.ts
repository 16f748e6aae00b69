import { defineConfig } from 'tsup'
import { library } from '../../tsup.config.ts'

// Paths alone, for programs that must start without loading an engine.
export default defineConfig({
  ...library,
  platform: 'node',
  entry: {
    index: 'src/index.ts',
    'detector-worker': 'src/workers/detector-worker.ts',
    paths: 'src/files/system-path.ts',
  },
})
