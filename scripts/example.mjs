// `npx -y pnpm@12 example NAME …` runs examples/NAME.mjs.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { failWith } from './lib/fail.mjs'
import { runProgram } from './lib/program.mjs'
import { root } from './lib/workspace.mjs'

const [name = '', ...args] = process.argv.slice(2)
const file = `examples/${name}.mjs`
if (!/^[a-z-]+$/.test(name) || !existsSync(join(root, file)))
  failWith(new Error(`no example named '${name}' in examples/`))
await runProgram(file, args)
