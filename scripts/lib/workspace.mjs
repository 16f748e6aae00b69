import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of the checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** What is generated and may be deleted at any time; git ignores it. */
export const cache = join(root, '.cache')

/**
 * The packages of packages/, each after those of them that it depends on.
 * @returns {{ name: string, folder: string, manifest: Record<string, any>, dependsOn: string[] }[]}
 */
export function packagesInOrder() {
  const all = readdirSync(join(root, 'packages'), { withFileTypes: true })
    // What git has moved away leaves folders of ignored files behind.
    .filter(({ name }) => existsSync(join(root, 'packages', name, 'package.json')))
    .map(({ name: folderName }) => {
      const folder = join(root, 'packages', folderName)
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      const wanted = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })
      const dependsOn = wanted.filter(([, range]) => String(range).startsWith('workspace:')).map(([name]) => name)
      return { name: manifest.name, folder, manifest, dependsOn }
    })
  const ordered = []
  while (ordered.length < all.length) {
    const known = new Set(ordered.map((one) => one.name))
    const next = all.find((one) => !known.has(one.name) && one.dependsOn.every((name) => known.has(name)))
    if (!next) throw new Error(`packages depend on each other in a circle, or on one that is not in packages/`)
    ordered.push(next)
  }
  return ordered
}

/** Those that are published: what users install. */
export const publishedPackages = () => packagesInOrder().filter((one) => !one.manifest.private)
