// `npx -y pnpm@12 demo`: see examples/demo/main.ts.
import { runProgram } from './lib/program.mjs'

await runProgram('examples/demo/main.ts', process.argv.slice(2))
