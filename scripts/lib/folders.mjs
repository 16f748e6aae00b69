import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root } from './workspace.mjs'

/** What the environment names, as seen from where the user stands (pnpm starts scripts in the root). */
function named(variable) {
  const path = process.env[variable]
  return path ? resolve(process.env.INIT_CWD ?? process.cwd(), path) : undefined
}

const ifThere = (path) => (existsSync(path) ? path : undefined)

/**
 * Where things stand that are not part of the project: the variable's value whether it is there or not, else the folder beside
 * the checkout if that is there.
 */
export const folders = {
  /** Real weights and photographs. */
  data: named('STABLESIG_DATA') ?? ifThere(join(root, '../shared/data')),
  /** Reference values; without a folder the committed copy of the small ones. */
  goldens: named('STABLESIG_GOLDENS') ?? ifThere(join(root, '../shared/goldens')) ?? join(root, 'goldens/fixtures'),
  /** The PyTorch programs that bench measures against. */
  peer: named('STABLESIG_PEER') ?? ifThere(join(root, '../shared/peer')),
}

/** Hands the folders on to a program by the variables' names, with absolute paths. */
export function tellFolders(env = process.env) {
  for (const [name, path] of Object.entries(folders)) {
    if (path) env[`STABLESIG_${name.toUpperCase()}`] = path
  }
  return env
}
