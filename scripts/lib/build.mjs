import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { exec } from './exec.mjs'
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
  await withLock(join(cache, 'build.lock'), async () => {
    const shared = digest([join(root, 'tsup.config.ts'), join(root, 'tsconfig.json'), join(root, 'pnpm-lock.yaml')])
    const digests = new Map()
    /** @type {Map<string, Promise<void>>} */
    const built = new Map()
    const turn = turns(availableParallelism())
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
      const make = async () => {
        // Declarations are made from those of the packages below.
        await Promise.all(dependsOn.map((one) => built.get(one)))
        await turn(() => buildPackage(name, folder, types))
        mkdirSync(dirname(stamp), { recursive: true })
        writeFileSync(stamp, types ? now + WITH_TYPES : now)
      }
      built.set(name, make())
    }
    // All of them come to an end before the lock is given back, though one fails.
    for (const end of await Promise.allSettled(built.values())) if (end.status === 'rejected') throw end.reason
  })
}

const WITH_TYPES = ' with types'

async function buildPackage(name, folder, types) {
  process.stderr.write(`building ${name}\n`)
  const args = [tsup, '--silent', ...(types ? [] : ['--no-dts'])]
  await exec(process.execPath, args, { cwd: folder }).catch((cause) => {
    throw new Error(`${name} does not build\n${cause.message}`, { cause })
  })
}

/** Lets so many run at once, in the order in which they come. */
function turns(count) {
  const waiting = []
  let running = 0
  return async (work) => {
    if (running === count) await new Promise((resolve) => waiting.push(resolve))
    else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
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
