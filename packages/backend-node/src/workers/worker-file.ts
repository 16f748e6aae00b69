import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { StableSigError } from '@stablesig/core'

const REMEDY =
  "where a bundler moved this package, build '@stablesig/backend-node/detector-worker' as an entry of its own and pass its " +
  'path as workerFile'

/**
 * The file that the thread runs: the one named, else the one beside this package's own.
 * @throws StableSigError 'io' where it is not there, as in a bundle
 */
export function workerFileAt(named: string | URL | undefined): URL {
  const file = named === undefined ? beside() : typeof named === 'string' ? pathToFileURL(named) : named
  if (file === null) throw new StableSigError('io', `The worker’s file is not known in a CommonJS bundle; ${REMEDY}`)
  if (file.protocol !== 'file:' || existsSync(file)) return file
  throw new StableSigError('io', `The worker’s file ${fileURLToPath(file)} does not exist; ${REMEDY}`)
}

/** Bundled as CommonJS, a module does not know where it is. */
function beside(): URL | null {
  const here: string | undefined = import.meta.url
  return here ? new URL('./detector-worker.js', here) : null
}
