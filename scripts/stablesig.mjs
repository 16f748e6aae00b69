// The command of packages/cli from a checkout: `npx -y pnpm@12 stablesig …`.
import { runProgram } from './lib/program.mjs'

await runProgram('packages/cli/dist/main.js', process.argv.slice(2))
