// `npx -y pnpm@12 bench:checkpoint …`: see bench/checkpoint/main.ts.
import { runProgram } from './lib/program.mjs'

await runProgram('bench/checkpoint/main.ts', process.argv.slice(2))
