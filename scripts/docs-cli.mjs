// Writes docs/cli.md from the command's help.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './lib/build.mjs'
import { cliDocs } from './lib/cli-docs.mjs'
import { root } from './lib/workspace.mjs'

await build()
writeFileSync(join(root, 'docs/cli.md'), await cliDocs())
