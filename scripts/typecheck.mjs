// Types of all sources: for Node, for what knows no platform, and for the browser, side by side.
import { createRequire } from 'node:module'
import { exec } from './lib/exec.mjs'
import { root } from './lib/workspace.mjs'

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const configs = ['tsconfig.json', 'tsconfig.neutral.json', 'tsconfig.browser.json']
const results = await Promise.allSettled(
  configs.map((config) => exec(process.execPath, [tsc, '--pretty', 'false', '-p', config], { cwd: root })),
)
for (const result of results) {
  if (result.status === 'fulfilled') continue
  console.error(result.reason.message)
  process.exitCode = 1
}
