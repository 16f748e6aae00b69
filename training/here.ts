import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder training/: programs run from bundles in its .cache. */
export const here = join(dirname(fileURLToPath(import.meta.url)), '..')
