import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { BESIDE, PAGES } from './pages.ts'

/** The checkout, two folders up. */
export const ROOT = join(import.meta.dirname, '../..')

const PAGE_OF = new Map(PAGES.map(({ page, source }) => [source, `/${page}.md`]))
const SOURCE_OF = new Map(PAGES.map(({ page, source }) => [`${page}.md`, source]))

/** What markdown-it gives of a token, as far as links need it. */
interface Token {
  readonly type: string
  readonly children: Token[] | null
  attrGet(name: string): string | null
  attrSet(name: string, value: string): void
}
interface Markdown {
  readonly core: {
    readonly ruler: {
      push(name: string, rule: (state: { tokens: Token[]; env: { relativePath?: string } }) => void): unknown
    }
  }
}

/** Where a link leads: a place in the site, an address, or nowhere, since the site does not have what the repository has there. */
export type Target = { readonly href: string; readonly beside: boolean } | null

/**
 * Documents link to files of the repository, as a reader of the checkout needs it. In the site such a link leads to the page that
 * shows the file; to what stands beside the pages; or, where the site has neither, to `repository`, the address under which the
 * files are published, if there is one.
 * @param source the linking file, from the root of the repository
 * @param link as it is written: relative, with or without #
 * @throws Error where the repository has no such file
 */
export function targetOf(source: string, link: string, repository?: string): Target {
  const [path = '', hash] = link.split('#')
  const file = path ? posix.normalize(posix.join(posix.dirname(source), path)).replace(/\/$/, '') : source
  if (!existsSync(join(ROOT, file)) && !(file in BESIDE))
    throw new Error(`${source} links to ${link}, and there is no ${file} in the repository: correct the link`)
  const beside = BESIDE[file]
  if (beside) return { href: beside, beside: true }
  const page = PAGE_OF.get(file) ?? PAGE_OF.get(`${file}/README.md`)
  if (page) return { href: hash ? `${page}#${hash}` : page, beside: false }
  return repository
    ? { href: `${repository.replace(/\/$/, '')}/${file}${hash ? `#${hash}` : ''}`, beside: false }
    : null
}

/** The rule for markdown-it. A link that leads nowhere keeps its text. */
export function repositoryLinks(repository?: string) {
  return (md: Markdown): void => {
    md.core.ruler.push('repository-links', ({ tokens, env }) => {
      const source = SOURCE_OF.get(env.relativePath ?? '')
      if (!source) return
      for (const { children } of tokens) if (children) mapLinks(children, source, repository)
    })
  }
}

function mapLinks(tokens: Token[], source: string, repository?: string): void {
  let nowhere = false
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token?.type === 'link_close' && nowhere) {
      tokens.splice(at--, 1)
      nowhere = false
    }
    if (token?.type !== 'link_open') continue
    const link = token.attrGet('href')
    if (!link || /^([a-z]+:|\/|#)/i.test(link)) continue
    const target = targetOf(source, decodeURI(link), repository)
    if (target === null) {
      tokens.splice(at--, 1)
      nowhere = true
    } else {
      token.attrSet('href', target.href)
      // Not a page of the site's program: the browser has to load it.
      if (target.beside) token.attrSet('target', '_self')
    }
  }
}
