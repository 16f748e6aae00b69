// `npx -y pnpm@12 test:browser [file…]`: tests in the system's Chromium. Without one they count as one skipped.
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
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', 'vitest.browser.config.ts', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
)
process.exit(status ?? 1)
