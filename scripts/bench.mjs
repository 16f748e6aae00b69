// `npx -y pnpm@12 bench …`: see bench/main.ts.
import { runProgram } from './lib/program.mjs'

await runProgram('bench/main.ts', process.argv.slice(2))
