import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { StableSigError } from '@stablesig/core'

const REMEDY =
  "where a bundler moved this package, build '@stablesig/backend-node/detector-worker' as an entry of its own, beside the " +
  'bundle and with its extension, or pass its path as workerFile (docs/bundling.md)'

/**
 * The file that the thread runs: the one named, else the one beside this package's own.
 * @throws StableSigError 'io' where it is not there, as in a bundle
 */
export function workerFileAt(named: string | URL | undefined): URL {
  const file = named === undefined ? beside() : typeof named === 'string' ? pathToFileURL(named) : named
  if (file === null) throw new StableSigError('io', `The worker’s file is not known in this bundle; ${REMEDY}`)
  if (file.protocol !== 'file:' || existsSync(file)) return file
  throw new StableSigError('io', `The worker’s file ${fileURLToPath(file)} does not exist; ${REMEDY}`)
}

/** A bundle for CommonJS has no import.meta.url, but a file name. The worker’s file has the extension that this one has. */
function beside(): URL | null {
  const here: string | undefined =
    import.meta.url ?? (typeof __filename === 'string' ? pathToFileURL(__filename).href : undefined)
  return here ? new URL(`./detector-worker${extname(here)}`, here) : null
}
