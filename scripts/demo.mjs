// `npx -y pnpm@12 demo`: see demo/main.ts.
import { runProgram } from './lib/program.mjs'

await runProgram('demo/main.ts', process.argv.slice(2))
