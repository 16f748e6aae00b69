// `npx -y pnpm@12 fuzz:graphs [--count 1000] [--seed 0] [--seconds N]`: graphs that seeds make, computed by the engine and by tfjs' CPU
// backend; see packages/tfjs-backend-onnx/src/conformance/random-graphs. Seeds that are not begun after N seconds count as skipped.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { failWith } from './lib/fail.mjs'
import { root } from './lib/workspace.mjs'

const usage = 'fuzz:graphs [--count N] [--seed N] [--seconds N]: whole numbers, count and seconds at least 1'

const env = { ...process.env, ...asked() }
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const graphs = 'packages/tfjs-backend-onnx/src/conformance/random-graphs'
const args = [vitest, 'run', '--project', 'tfjs-backend-onnx', graphs]
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env })
process.exit(status ?? 1)

/** What random-graphs.test.ts is told. */
function asked() {
  const text = { type: 'string' }
  try {
    const { values } = parseArgs({ options: { count: text, seed: text, seconds: text } })
    return {
      RANDOM_GRAPHS: whole(values.count ?? '1000', 1),
      RANDOM_GRAPHS_SEED: whole(values.seed ?? '0', 0),
      ...(values.seconds !== undefined && { RANDOM_GRAPHS_SECONDS: whole(values.seconds, 1) }),
    }
  } catch (error) {
    return failWith(new Error(`${error.message}\n${usage}`))
  }
}

function whole(text, least) {
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) throw new Error(`found ${JSON.stringify(text)}`)
  return text
}
