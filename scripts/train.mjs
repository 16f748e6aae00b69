// `npx -y pnpm@12 train NAME …` runs training/NAME.ts: how the models of this project are made. See training/README.md.
import { failWith } from './lib/fail.mjs'
import { runProgram } from './lib/program.mjs'

const PROGRAMS = ['gather', 'evaluate-autoencoder', 'halve', 'data-card']
const [name = '', ...args] = process.argv.slice(2)
if (!PROGRAMS.includes(name))
  failWith(new Error(`which program? expected ${PROGRAMS.join(', ')}; found ${name || 'none'}`))
await runProgram(`training/${name}.ts`, args)
