// Builds what is stale, declarations included; `--force` builds everything.
import { build } from './lib/build.mjs'
import { failWith } from './lib/fail.mjs'

await build({ types: true, force: process.argv.includes('--force') }).catch(failWith)
