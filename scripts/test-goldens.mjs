// `npx -y pnpm@12 test:goldens [topic…]`: every topic this project has, or those named.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { root } from './lib/workspace.mjs'

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'goldens/vitest.config.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, STABLESIG_TOPICS: process.argv.slice(2).join(',') },
})
process.exit(status ?? 1)
