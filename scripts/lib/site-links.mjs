import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The links of a built site's pages, each followed to its file and to the element that its # names. Pages of the reference and the demo
 * are led to, and not looked at themselves: typedoc answers for its own.
 * @param {string} folder the built site
 * @param {string} base the path under which it is served
 * @returns {{ checked: number, dead: string[] }} dead: `page: link`
 */
export function linksOf(folder, base) {
  const pages = readdirSync(folder, { recursive: true })
    .map((name) => String(name).replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.html') && !/^(api|demo)\//.test(name))
  const idsOf = remembered(
    (file) => new Set([...readFileSync(file, 'utf8').matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)),
  )
  const dead = []
  let checked = 0
  for (const page of pages) {
    const here = new URL(base + page, SITE)
    const links = [...readFileSync(join(folder, page), 'utf8').matchAll(/<a\s[^>]*?href="([^"]+)"/g)].map(
      ([, link]) => link,
    )
    for (const link of new Set(links)) {
      const { origin, pathname, hash } = new URL(link.replaceAll('&amp;', '&'), here)
      if (origin !== SITE) continue
      checked += 1
      const file = pathname.startsWith(base) ? fileOf(folder, decodeURI(pathname.slice(base.length))) : null
      if (file === null || (hash && !idsOf(file).has(decodeURIComponent(hash.slice(1))))) dead.push(`${page}: ${link}`)
    }
  }
  return { checked, dead }
}

/** Stands for wherever the site is served. */
const SITE = 'https://site.invalid'

/** The file that a server of files gives for a path, or null. */
function fileOf(folder, path) {
  for (const candidate of [path, `${path}.html`, join(path, 'index.html')]) {
    const file = join(folder, candidate)
    if (existsSync(file) && statSync(file).isFile()) return file
  }
  return null
}

function remembered(work) {
  const known = new Map()
  return (key) => {
    if (!known.has(key)) known.set(key, work(key))
    return known.get(key)
  }
}
