import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as stats from './index.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const example = readme.match(/```ts\n([\s\S]*?)```/)?.[1] ?? ''

test.each([...example.matchAll(/^(.+?) \/\/ (.+)$/gm)].map(([, expression, result]) => [expression, result]))(
  'README: %s is %s',
  (expression, result) => {
    const evaluate = new Function(...Object.keys(stats), `return ${expression}`)
    expect(evaluate(...Object.values(stats))).toBe(Number(result))
  },
)

test('README: the example imports what it uses, and the table names every function', () => {
  const imported = example.match(/import \{ (.*) \}/)?.[1]?.split(', ') ?? []
  expect(imported.filter((name) => !(name in stats))).toEqual([])
  expect(Object.keys(stats).filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
})
