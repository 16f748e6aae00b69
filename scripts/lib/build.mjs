import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { withLock } from './lock.mjs'
import { cache, publishedPackages, root } from './workspace.mjs'

const tsup = join(dirname(createRequire(import.meta.url).resolve('tsup/package.json')), 'dist/cli-default.js')

/**
 * Builds dist of every published package whose sources, or those of a package it depends on, changed since its last build.
 * Whether they did is asked of their contents: times say little after a checkout. All of the build's text goes to standard
 * error, so that a command which builds first keeps standard output for itself.
 * @param {{ force?: boolean, types?: boolean }} [options] types: declarations too, which running needs not and packing does
 */
export async function build({ force = false, types = false } = {}) {
  await withLock(join(cache, 'build.lock'), () => {
    const shared = digest([join(root, 'tsup.config.ts'), join(root, 'tsconfig.json'), join(root, 'pnpm-lock.yaml')])
    const digests = new Map()
    for (const { name, folder, dependsOn } of publishedPackages()) {
      const below = dependsOn.map((one) => digests.get(one))
      const now = createHash('sha256')
        .update([shared, ...below, digest(sources(folder))].join())
        .digest('hex')
      digests.set(name, now)
      const stamp = join(cache, 'build', `${name.replace('/', '+')}.txt`)
      const last = existsSync(stamp) && existsSync(join(folder, 'dist/index.js')) ? readFileSync(stamp, 'utf8') : ''
      if (!force && last.startsWith(now) && (!types || last.endsWith(WITH_TYPES))) continue
      rmSync(stamp, { force: true })
      buildPackage(name, folder, types)
      mkdirSync(dirname(stamp), { recursive: true })
      writeFileSync(stamp, types ? now + WITH_TYPES : now)
    }
  })
}

const WITH_TYPES = ' with types'

function buildPackage(name, folder, types) {
  process.stderr.write(`building ${name}\n`)
  const args = [tsup, '--silent', ...(types ? [] : ['--no-dts'])]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name} does not build\n${stdout}${stderr}`)
}

/** What goes into dist of a package: its sources but for tests, and what says how they are built. */
function sources(folder) {
  const src = readdirSync(join(folder, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  return [...src, join(folder, 'package.json'), join(folder, 'tsup.config.ts')].sort()
}

function digest(files) {
  const hash = createHash('sha256')
  for (const file of files)
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update('\0')
  return hash.digest('hex')
}
