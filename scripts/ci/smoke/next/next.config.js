import { dirname } from 'node:path'

/** Static pages: what the server renders is rendered by the build. */
export default { output: 'export', distDir: 'out', turbopack: { root: dirname(import.meta.dirname) } }
