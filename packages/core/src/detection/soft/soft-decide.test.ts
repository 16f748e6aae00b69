import { falsePositiveRate, unionFalsePositiveRate } from '@stablesig/stats'
import { describe, expect, test } from 'vitest'
import { StableSigError } from '../../errors.ts'
import { type Key, keyBits, keyFromBits, randomKeys } from '../../signal/key.ts'
import { Registry } from '../registry/registry.ts'
import { DEFAULT_RELIABILITY, fitReliability, weightsOf } from './reliability.ts'
import { softDecide, softIdentify } from './soft-decide.ts'

const [KEY] = randomKeys(1, 48, { seed: 'soft' }) as [Key]

/** Repeatable numbers in [0,1). */
function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Logits of an image that carries the key: sure bits are right, unsure ones often wrong. */
function marked(key: Key, random: () => number): number[] {
  return Array.from(keyBits(key), (bit) => {
    const size = random() * 4
    const right = random() < 1 / (1 + Math.exp(-1.2 * size))
    return (right === (bit === 1) ? 1 : -1) * (size + 1e-6)
  })
}

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof StableSigError) return error.code
    throw error
  }
  return 'nothing was thrown'
}

describe('one key', () => {
  test('equal magnitudes give the count’s own p-value', () => {
    const logits = Array.from(keyBits(KEY), (bit, i) => ((bit === 1) !== i < 6 ? 3 : -3))
    const soft = softDecide(logits, { key: KEY })
    expect(soft.matches).toBe(42)
    expect(soft.pValue / falsePositiveRate(42, 48)).toBeCloseTo(1, 10)
    expect(soft.score / soft.maxScore).toBeCloseTo(42 / 48, 12)
    expect(soft).toMatchObject({ detected: true, reading: 0, readings: 1, total: 48, fpr: 1e-6 })
  })

  test('is the share of all keys that agree in as much weight', () => {
    const logits = [0.1, -0.4, 2, -3.5, 0.7, 1.1, -0.2, 0.9, -1.4, 0.3]
    const weights = weightsOf(logits, DEFAULT_RELIABILITY)
    const scores = Array.from({ length: 1024 }, (_, code) =>
      weights.reduce((sum, weight, i) => sum + (((code >> i) & 1) === (logits[i]! > 0 ? 1 : 0) ? weight : 0), 0),
    )
    for (const code of [0, 77, 345, 692, 1023]) {
      const key = keyFromBits(Array.from({ length: 10 }, (_, i) => (code >> i) & 1))
      const { score, pValue } = softDecide(logits, { key, fpr: 0.01 })
      expect(score).toBe(scores[code])
      expect(pValue).toBe(scores.filter((other) => other >= score).length / 1024)
    }
  })

  test('unsure errors cost less than sure ones', () => {
    const sizes = Array.from({ length: 48 }, (_, i) => (i < 6 ? 0.1 : 2))
    const read = (wrong: (i: number) => boolean) =>
      softDecide(
        Array.from(keyBits(KEY), (bit, i) => ((bit === 1) !== wrong(i) ? 1 : -1) * sizes[i]!),
        { key: KEY },
      ).pValue
    const unsure = read((i) => i < 6)
    const sure = read((i) => i >= 42)
    expect(unsure).toBeLessThan(1e-3 * falsePositiveRate(42, 48))
    expect(sure).toBeGreaterThan(falsePositiveRate(42, 48))
  })

  test('of random keys the stated share is detected, however logits are spread', () => {
    const random = numbers(5)
    const logits = Array.from({ length: 48 }, () => (random() - 0.2) * 4 ** (3 * random()))
    const keys = randomKeys(5000, 48, { seed: 'null' })
    for (const fpr of [0.1, 0.01]) {
      const found = keys.filter((key) => softDecide(logits, { key, fpr }).detected).length
      // Never more than stated, but for chance: 3.1 standard deviations.
      expect(found).toBeLessThanOrEqual(5000 * fpr + 3.1 * Math.sqrt(5000 * fpr))
      expect(found).toBeGreaterThan(5000 * fpr * 0.6)
    }
  })

  test('finds more marks than the count where magnitude says how sure a bit is', () => {
    const random = numbers(11)
    let [soft, hard] = [0, 0]
    for (let i = 0; i < 400; i++) {
      const found = softDecide(marked(KEY, random), { key: KEY, fpr: 1e-6 })
      if (found.detected) soft++
      if (falsePositiveRate(found.matches, 48) <= 1e-6) hard++
    }
    expect(soft).toBeGreaterThan(hard * 1.3)
  })

  test('several readings: the least chance, times their number; what was read is in no copy', () => {
    const random = numbers(3)
    const [right, other] = [marked(KEY, random), Array.from({ length: 48 }, () => random() - 0.5)]
    const alone = softDecide(right, { key: KEY })
    const both = softDecide([other, right], { key: KEY })
    expect(both).toMatchObject({ reading: 1, readings: 2, rawPValue: alone.pValue, pValue: 2 * alone.pValue })
    expect(both.logits).toEqual(right)
    const copy = JSON.stringify(both)
    expect(Object.keys(JSON.parse(copy)).sort()).toEqual(
      'detected fpr matches maxScore pValue rawPValue reading readings score total'.split(' '),
    )
  })

  test('what cannot be decided is an error', () => {
    const good = new Array(48).fill(1)
    expect(codeOf(() => softDecide([], { key: KEY }))).toBe('bad-argument')
    expect(codeOf(() => softDecide(good.slice(1), { key: KEY }))).toBe('bad-key')
    expect(codeOf(() => softDecide([good, good.slice(1)], { key: KEY }))).toBe('shape')
    expect(codeOf(() => softDecide([...good.slice(1), Number.NaN], { key: KEY }))).toBe('not-finite')
    expect(codeOf(() => softDecide(good, { key: KEY, fpr: 1e-15 }))).toBe('unattainable')
    expect(codeOf(() => softDecide(good, { key: KEY, reliability: { slope: 0, errorFloor: 0 } }))).toBe('bad-argument')
    const nothing = softDecide(new Array(48).fill(0), { key: KEY })
    expect(nothing.pValue / falsePositiveRate(nothing.matches, 48)).toBeCloseTo(1, 10)
  })
})

describe('a registry', () => {
  const keys = randomKeys(600, 48, { seed: 'users' })
  const registry = new Registry(48)
  for (const [i, key] of keys.entries()) registry.add(`user ${i}`, key)

  test('finds the user whose bits weigh most, as a look at each does', () => {
    const random = numbers(8)
    for (const at of [0, 123, 599]) {
      const logits = marked(keys[at]!, random)
      const found = softIdentify(logits, { registry, fpr: 0.5 })
      const each = keys.map((key) => softDecide(logits, { key, fpr: 0.5 }))
      const most = Math.max(...each.map(({ score }) => score))
      const nearest = each.findIndex(({ score }) => score === most)
      expect(found.score).toBe(most)
      expect(found.matches).toBe(each[nearest]!.matches)
      expect(found.pValue).toBe(unionFalsePositiveRate(each[nearest]!.pValue, 600))
      if (found.verdict === 'user') expect(found.user).toBe(`user ${nearest}`)
    }
  })

  test('accuses nobody where two readings say different users equally', () => {
    const logitsOf = (key: Key) => Array.from(keyBits(key), (bit) => (bit === 1 ? 2 : -2))
    const [one, other] = [logitsOf(keys[3]!), logitsOf(keys[4]!)]
    expect(softIdentify(one, { registry })).toMatchObject({ user: 'user 3', verdict: 'user', users: 600 })
    expect(softIdentify([one, other], { registry })).toMatchObject({ user: null, verdict: 'tie' })
    expect(codeOf(() => softIdentify(one, { registry: new Registry(48) }))).toBe('bad-registry')
  })
})

describe('reliability', () => {
  test('is found again from bits that follow it', () => {
    const random = numbers(21)
    const curve = { slope: 2, errorFloor: 0.05 }
    const rows = Array.from({ length: 300 }, () => {
      const sizes = Array.from({ length: 48 }, () => random() * 2)
      const mean = sizes.reduce((sum, size) => sum + size, 0) / 48
      return Array.from(keyBits(KEY), (bit, i) => {
        const r = sizes[i]! / mean
        const right = random() < curve.errorFloor + (1 - 2 * curve.errorFloor) / (1 + Math.exp(-curve.slope * r))
        return (right === (bit === 1) ? 1 : -1) * sizes[i]!
      })
    })
    const fitted = fitReliability(rows, { key: KEY })
    expect(fitted.slope).toBeGreaterThan(1.6)
    expect(fitted.slope).toBeLessThan(2.5)
    expect(fitted.errorFloor).toBeLessThanOrEqual(0.08)
    expect(codeOf(() => fitReliability([], { key: KEY }))).toBe('bad-argument')
  })
})
