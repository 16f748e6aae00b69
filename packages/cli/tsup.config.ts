import { defineConfig } from 'tsup'
import { library } from '../../tsup.config.ts'

export default defineConfig({ ...library, platform: 'node', entry: ['src/index.ts', 'src/main.ts'] })
