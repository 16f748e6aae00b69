// `npx -y pnpm@12 example NAME …` runs examples/NAME.mjs.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { failWith } from './lib/fail.mjs'
import { runProgram } from './lib/program.mjs'
import { root } from './lib/workspace.mjs'

const [name = '', ...args] = process.argv.slice(2)
const known = readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.mjs'))
if (!known.includes(`${name}.mjs`))
  failWith(
    new Error(`which example? expected ${known.map((file) => file.slice(0, -4)).join(', ')}; found ${name || 'none'}`),
  )
await runProgram(`examples/${name}.mjs`, args)
