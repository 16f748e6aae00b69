// `npx -y pnpm@12 test:browser [--all] [file…]`: tests in the system's Chromium, those that CI has time for or all. Without a browser
// they count as one skipped.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { findChromium, NO_CHROMIUM } from './lib/chromium.mjs'
import { root } from './lib/workspace.mjs'

if (findChromium() === null) {
  console.log(`${NO_CHROMIUM}\n0 passed, 0 failed, 1 skipped`)
  process.exit(0)
}
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const all = process.argv.includes('--all')
const files = process.argv.slice(2).filter((argument) => argument !== '--all')
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.browser.config.ts', ...files], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ...(all ? { STABLESIG_BROWSER_TESTS: 'all' } : {}) },
})
process.exit(status ?? 1)
