// `npx -y pnpm@12 example NAME …` runs examples/NAME.mjs, examples/NAME/main.mjs or examples/NAME/main.ts.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { failWith } from './lib/fail.mjs'
import { runProgram } from './lib/program.mjs'
import { root } from './lib/workspace.mjs'

const [name = '', ...args] = process.argv.slice(2)
const examples = join(root, 'examples')
const known = new Map()
for (const file of readdirSync(examples)) {
  if (/^\w.*\.mjs$/.test(file)) known.set(file.slice(0, -4), file)
  else
    for (const main of ['main.mjs', 'main.ts'])
      if (existsSync(join(examples, file, main))) known.set(file, `${file}/${main}`)
}
if (!known.has(name))
  failWith(new Error(`which example? expected ${[...known.keys()].join(', ')}; found ${name || 'none'}`))
await runProgram(`examples/${known.get(name)}`, args)
