import { defineConfig } from 'tsup'
import { library } from '../../tsup.config.ts'

// Errors alone, for programs that must start without loading readers.
export default defineConfig({ ...library, entry: { index: 'src/index.ts', errors: 'src/errors.ts' } })
