import { describe, expect, test } from 'vitest'
import { repositoryLinks, targetOf } from './repository-links.ts'

describe('a link of a document leads', () => {
  test.each([
    ['docs/architecture.md', 'browser.md', '/browser.md'],
    ['docs/engine.md', '../packages/tfjs-backend-onnx/README.md', '/packages/tfjs-backend-onnx.md'],
    ['README.md', 'packages/stats', '/packages/stats.md'],
    ['README.md', 'docs/scanning.md#in-a-server', '/scanning.md#in-a-server'],
    ['packages/models/cards/extractor-48.md', '../../../docs/weights.md', '/weights.md'],
  ])('from %s by %s to the page that shows the file', (source, link, href) => {
    expect(targetOf(source, link)).toEqual({ href, beside: false })
  })

  test('to the demo page for its sources', () => {
    expect(targetOf('docs/browser.md', '../examples/web')).toEqual({ href: '/demo/index.html', beside: true })
  })

  test('to the published files where the site has none, and nowhere without an address', () => {
    expect(targetOf('README.md', 'LICENSE', 'https://forge.example/tree/main/')).toEqual({
      href: 'https://forge.example/tree/main/LICENSE',
      beside: false,
    })
    expect(targetOf('README.md', 'LICENSE')).toBeNull()
  })

  test('to a file that is there, or the build fails', () => {
    expect(() => targetOf('docs/engine.md', '../packages/missing/README.md')).toThrow(
      'docs/engine.md links to ../packages/missing/README.md, and there is no packages/missing/README.md',
    )
  })
})

interface TestToken {
  type: string
  content: string
  href: string
  children: TestToken[] | null
  attrGet(name: string): string | null
  attrSet(name: string, value: string): void
}

function token(type: string, content = '', href = ''): TestToken {
  const attributes = new Map(href ? [['href', href]] : [])
  return {
    type,
    content,
    href,
    children: null,
    attrGet: (name) => attributes.get(name) ?? null,
    attrSet: (name, value) => void attributes.set(name, value),
  }
}

test('a link that leads nowhere keeps its text, and the one after it stays a link', () => {
  const children = [
    ...[token('link_open', '', 'LICENSE'), token('text', 'Apache-2.0'), token('link_close')],
    ...[token('link_open', '', 'docs/cli.md'), token('text', 'cli'), token('link_close')],
  ]
  repositoryLinks()({
    core: {
      ruler: {
        push: (_name, rule) => rule({ tokens: [{ ...token('inline'), children }], env: { relativePath: 'start.md' } }),
      },
    },
  })
  expect(children.map(({ type }) => type)).toEqual(['text', 'link_open', 'text', 'link_close'])
  expect(children[1]?.attrGet('href')).toBe('/cli.md')
})
