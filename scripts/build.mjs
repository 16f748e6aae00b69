// Builds what is stale; `--force` builds everything.
import { build } from './lib/build.mjs'
import { failWith } from './lib/fail.mjs'

await build({ force: process.argv.includes('--force') }).catch(failWith)
