import { defineConfig } from 'tsup'
import { library } from '../../tsup.config.ts'
import manifest from './package.json' with { type: 'json' }

/** Every entry of package.json, by the name of its file in dist. They share what they share: an error has one class. */
const entry = Object.fromEntries(
  Object.entries(manifest.exports).map(([path, { source }]) => [path === '.' ? 'index' : path.slice(2), source]),
)

export default defineConfig({ ...library, entry })
