import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { pnpm } from './exec.mjs'
import { cache, publishedPackages } from './workspace.mjs'

/**
 * Packs every published package as `pnpm publish` would.
 * @returns {Promise<Map<string, string>>} path of each tarball, by package name
 */
export async function packAll() {
  await build({ types: true })
  const folder = join(cache, 'packed')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const tarballs = new Map()
  for (const { name, folder: from, manifest } of publishedPackages()) {
    const file = join(folder, `${name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`)
    await pnpm(['pack', '--out', file], { cwd: from })
    tarballs.set(name, file)
  }
  return tarballs
}
