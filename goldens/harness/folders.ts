import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const given = (name: string): string | undefined => process.env[name] || undefined
const shared = (name: string): string => join(root, '../shared', name)

/** Paths in the environment are meant from where the user stands, not from the root where scripts run. */
const fromUser = (path: string): string => resolve(process.env.INIT_CWD ?? process.cwd(), path)

const chosen = given('STABLESIG_GOLDENS')
const beside = shared('goldens')

/** The goldens: what STABLESIG_GOLDENS names, else the folder beside the checkout, else the committed copy of the small ones. */
export const goldensFolder: string = chosen
  ? fromUser(chosen)
  : existsSync(beside)
    ? beside
    : join(root, 'goldens/fixtures')

const data = given('STABLESIG_DATA')

/** Real weights and photographs: what STABLESIG_DATA names (there or not), else the folder beside the checkout if there is one. */
export const dataFolder: string | null = data ? fromUser(data) : existsSync(shared('data')) ? shared('data') : null
