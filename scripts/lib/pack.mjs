import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { pnpm } from './exec.mjs'
import { cache, publishedPackages } from './workspace.mjs'

/**
 * Packs published packages as `pnpm publish` would.
 * @param {{ types?: boolean, names?: string[], folder?: string }} [options] names: every package unless given; types: false where nothing
 *   reads declarations, which take longest; folder: below .cache
 * @returns {Promise<Map<string, string>>} path of each tarball, by package name
 */
export async function packAll({ types = true, names, folder: name = 'packed' } = {}) {
  await build({ types })
  const folder = join(cache, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const tarballs = new Map()
  for (const { name, folder: from, manifest } of publishedPackages()) {
    if (names && !names.includes(name)) continue
    const file = join(folder, `${name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`)
    await pnpm(['pack', '--out', file], { cwd: from })
    tarballs.set(name, file)
  }
  return tarballs
}
