import { falsePositiveRate } from '@stablesig/stats'
import { expect, test } from 'vitest'
import { keyBits, keyFromBits, randomKey } from '../signal/key.ts'
import { decide, decideBest } from './decide.ts'
import { Registry } from './registry/registry.ts'

const key = randomKey(48, { seed: 'best' })
/** Logits that read as the key but for the first `wrong` bits. */
const logits = (wrong: number, of = key) => Array.from(keyBits(of), (bit, i) => ((bit === 1) !== i < wrong ? 1 : -1))

test('one reading is decided as by itself', () => {
  expect(decideBest([logits(5)], { key })).toEqual({ ...decide(logits(5), { key }), reading: 0, readings: 1 })
})

test('the best of several decides, at a share of the rate and with the p-value of all', () => {
  const found = decideBest([logits(20), logits(6), logits(7)], { key, fpr: 1e-6 })
  expect(found).toMatchObject({ detected: true, matches: 42, reading: 1, readings: 3, fpr: 1e-6 })
  expect(found.threshold).toBe(decide(logits(0), { key, fpr: 1e-6 / 3 }).threshold)
  expect(found.pValue).toBeCloseTo(3 * falsePositiveRate(42, 48), 20)
  expect(decideBest([logits(24), logits(25)], { key }).pValue).toBe(1)
  expect(() => decideBest([], { key })).toThrow('at least one reading')
})

test('detected is always pValue <= fpr', () => {
  for (let wrong = 0; wrong <= 24; wrong++)
    for (const fpr of [1e-9, 1e-6, 1e-3, 0.04]) {
      const { detected, pValue } = decideBest([logits(wrong), logits(24), logits(24), logits(24)], { key, fpr })
      expect(detected).toBe(pValue <= fpr)
    }
})

// Two readings that are each other's complement are as unlike as can be: the chance is then the sum, which 1 - (1 - p)^2 is not.
test('the rate holds for readings that depend on each other', () => {
  const bits = 10
  const all = Array.from({ length: 2 ** bits }, (_, n) =>
    keyFromBits(Array.from({ length: bits }, (_, i) => (n >> i) & 1)),
  )
  const row = [1, 1, -1, 1, -1, -1, 1, -1, 1, 1]
  for (const readings of [
    [row, row.map((x) => -x)],
    [row, row, row],
    [row, [...row].reverse()],
  ])
    for (const fpr of [0.003, 0.02, 0.1]) {
      const flagged = all.filter((one) => decideBest(readings, { key: one, fpr }).detected).length
      expect(flagged / all.length).toBeLessThanOrEqual(fpr)
    }
})

test('several keys each have their best reading', () => {
  const other = randomKey(48, { seed: 'other' })
  const found = decideBest([logits(4), logits(2, other)], { keys: [key, other], fpr: 1e-6 })
  expect(found.map(({ detected, reading, matches, keys }) => [detected, reading, matches, keys])).toEqual([
    [true, 0, 44, 2],
    [true, 1, 46, 2],
  ])
  expect(found[0]!.singlePValue).toBeCloseTo(2 * falsePositiveRate(44, 48), 20)
})

test('users are looked up in every reading, and readings that accuse two equally accuse nobody', () => {
  const registry = new Registry(48)
  const other = randomKey(48, { seed: 'other' })
  registry.add('a', key)
  registry.add('b', other)
  expect(decideBest([logits(3)], { registry })).toEqual({ ...decide(logits(3), { registry }), reading: 0, readings: 1 })
  expect(decideBest([logits(24), logits(2), logits(4, other)], { registry })).toMatchObject({
    user: 'a',
    verdict: 'user',
    matches: 46,
    reading: 1,
    readings: 3,
    pValue: 3 * decide(logits(2), { registry }).pValue,
  })
  expect(decideBest([logits(2), logits(2, other)], { registry })).toMatchObject({
    user: null,
    verdict: 'tie',
    matches: 46,
  })
  expect(decideBest([logits(24), logits(24, other)], { registry })).toMatchObject({ user: null, verdict: 'nobody' })
})
