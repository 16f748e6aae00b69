import { readFile } from 'node:fs/promises'
import seedrandom from 'seedrandom'
import { expect, test } from 'vitest'
import { dataCard } from './describe-data.ts'
import { fractal } from './fractal.ts'
import type { Photograph } from './photographs.ts'
import { rendering } from './renderings.ts'

test('every photograph has a licence that allows training and sharing, an author and a checksum', async () => {
  const listed: Photograph[] = JSON.parse(await readFile(new URL('photographs.json', import.meta.url), 'utf8'))
  expect(new Set(listed.map(({ name }) => name)).size).toBe(listed.length)
  for (const { licence, author, sha256, registry } of listed) {
    expect(['CC0-1.0', 'CC-BY-4.0', 'public domain']).toContain(licence)
    expect(author).not.toBe('')
    expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(['npm', 'pypi', 'debian']).toContain(registry)
  }
})

test('the models’ card of data lists these photographs', async () => {
  const listed: Photograph[] = JSON.parse(await readFile(new URL('photographs.json', import.meta.url), 'utf8'))
  const card = new URL('../packages/models/cards/data.md', import.meta.url)
  expect(await readFile(card, 'utf8')).toBe(dataCard(listed))
})

test('renderings of every kind are the same for the same seed and differ by index', async () => {
  const drawn = await Promise.all([0, 2, 4, 8].map((index) => rendering(1, index, 32)))
  expect(await rendering(1, 4, 32)).toEqual(drawn[2])
  expect(new Set(drawn.map((bytes) => bytes.toString('base64'))).size).toBe(4)
})

test('fractal noise has mean 0 and variance 1', () => {
  const values = fractal(seedrandom('noise'), 64, 1)
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  expect(mean).toBeCloseTo(0, 5)
  expect(variance).toBeCloseTo(1, 4)
})
