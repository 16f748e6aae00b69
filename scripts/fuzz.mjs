// `npx -y pnpm@12 fuzz …`: see goldens/fuzz.ts.
import { runProgram } from './lib/program.mjs'

await runProgram('goldens/fuzz.ts', process.argv.slice(2))
