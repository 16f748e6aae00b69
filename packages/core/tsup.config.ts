import { defineConfig } from 'tsup'
import { library } from '../../tsup.config.ts'

// Keys and the names of generators alone, for programs that must start without loading tfjs.
export default defineConfig({
  ...library,
  entry: { index: 'src/index.ts', generators: 'src/models/autoencoders/generators.ts', key: 'src/signal/key.ts' },
})
