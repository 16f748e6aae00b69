// What `pnpm pack` makes of each package: publint in its strict form, and types that resolve for ESM.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { checks } from '../lib/checks.mjs'
import { exec } from '../lib/exec.mjs'
import { packAll } from '../lib/pack.mjs'
import { root } from '../lib/workspace.mjs'

const tool = (name) => join(root, 'node_modules/.bin', name)
const { check, finish } = checks()

for (const [name, tarball] of await packAll()) {
  const size = `${(statSync(tarball).size / 1024).toFixed(0)} KB`
  await check(`${name} packed, ${size}: publint --strict`, () =>
    exec(tool('publint'), [tarball, '--strict']).then(() => ''),
  )
  await check(`${name}: attw --profile esm-only`, () =>
    exec(tool('attw'), [tarball, '--profile', 'esm-only']).then(() => ''),
  )
}
finish()
