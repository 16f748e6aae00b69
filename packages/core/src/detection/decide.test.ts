import { falsePositiveRate, threshold } from '@stablesig/stats'
import { describe, expect, test } from 'vitest'
import { StableSigError } from '../errors.ts'
import { readBits } from '../metrics/bits.ts'
import { type Key, keyBits, keyFromBits, parseKey, randomKeys, revealKey } from '../signal/key.ts'
import { calibrate } from './calibrate.ts'
import { decide } from './decide.ts'
import { decideTogether } from './decide-together.ts'
import { Registry } from './registry/registry.ts'

const [KEY, OTHER] = randomKeys(2, 48, { seed: 'decide' }) as [Key, Key]

/** Logits that read as the key, but for the first `errors` bits. */
const logitsOf = (key: Key, errors = 0, size = 2): number[] =>
  Array.from(keyBits(key), (bit, i) => (i < errors ? -1 : 1) * (bit === 1 ? size : -size))

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
  test('is detected from the threshold on', () => {
    const least = threshold(48, 1e-6)
    expect(least).toBe(41)
    const at = decide(logitsOf(KEY, 48 - least), { key: KEY })
    expect(at).toMatchObject({ detected: true, matches: 41, total: 48, threshold: 41, fpr: 1e-6 })
    expect(at.pValue).toBe(falsePositiveRate(41, 48))
    expect(at.pValue).toBeLessThanOrEqual(1e-6)
    const below = decide(logitsOf(KEY, 8), { key: KEY })
    expect(below).toMatchObject({ detected: false, matches: 40 })
    expect(below.pValue).toBeGreaterThan(1e-6)
  })

  test.each([0.3, 1e-3, 1e-6, 1e-12])('detected is pValue <= fpr at %s', (fpr) => {
    for (let errors = 0; errors <= 48; errors++) {
      const { detected, pValue } = decide(logitsOf(KEY, errors), { key: KEY, fpr })
      expect(detected).toBe(pValue <= fpr)
    }
  })

  test('a logit of exactly 0 reads as 0', () => {
    expect([...readBits([0, -0, 1e-30, -1e-30])]).toEqual([0, 0, 1, 0])
    expect(decide([0, 1, 0, 1], { key: parseKey('0101'), fpr: 0.5 }).matches).toBe(4)
  })

  test('a result is plain data that survives JSON', () => {
    const result = decide(Float32Array.from(logitsOf(KEY)), { key: KEY })
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
    expect(result.bits).toBe(revealKey(KEY))
  })

  test.each<[string, () => unknown]>([
    ['not-finite', () => decide([...logitsOf(KEY).slice(1), Number.NaN], { key: KEY })],
    ['not-finite', () => decide([...logitsOf(KEY).slice(1), Number.POSITIVE_INFINITY], { key: KEY })],
    ['bad-key', () => decide([1, 2], { key: KEY })],
    ['bad-argument', () => decide(logitsOf(KEY), { key: KEY, fpr: 0 })],
    ['bad-argument', () => decide(logitsOf(KEY), { key: KEY, fpr: 1 })],
    ['bad-argument', () => decide(logitsOf(KEY), { key: KEY, fpr: Number.NaN })],
    ['unattainable', () => decide(logitsOf(KEY), { key: KEY, fpr: 1e-15 })],
    ['bad-argument', () => decide(logitsOf(KEY), { keys: [] })],
    ['bad-argument', () => decideTogether([], { key: KEY })],
    ['bad-registry', () => decide(logitsOf(KEY), { registry: new Registry(48) })],
  ])('%s', (code, run) => {
    expect(codeOf(run)).toBe(code)
  })
})

test('several keys share one rate of false detections', () => {
  const keys = [OTHER, KEY, ...randomKeys(98, 48, { seed: 5 })]
  const results = decide(logitsOf(KEY, 3), { keys })
  expect(results.map(({ detected }) => detected).indexOf(true)).toBe(1)
  expect(results.filter(({ detected }) => detected).length).toBe(1)
  expect(results[1]).toMatchObject({ matches: 45, keys: 100, threshold: threshold(48, 1e-6, { users: 100 }) })
  expect(results[1]!.pValue).toBeCloseTo(100 * results[1]!.singlePValue, 15)
  expect(results[1]!.threshold).toBeGreaterThan(decide(logitsOf(KEY), { key: KEY }).threshold)
})

describe('several images', () => {
  /** Each image misreads bits of its own, twelve of 48. */
  const rows = Array.from({ length: 9 }, (_, n) =>
    logitsOf(KEY).map((logit, i) => ((i + 5 * n) % 48 < 12 ? -logit : logit)),
  )

  test('decide together what none decides alone', () => {
    expect(rows.some((row) => decide(row, { key: KEY }).detected)).toBe(false)
    const mean = decideTogether(rows, { key: KEY })
    expect(mean).toMatchObject({ detected: true, matches: 48, total: 48, images: 9, combine: 'mean', threshold: 41 })
    expect(mean.matchesEach).toEqual(Array(9).fill(36))
    const counts = decideTogether(rows, { key: KEY, fpr: 1e-6, combine: 'counts' })
    expect(counts).toMatchObject({ detected: true, matches: 324, total: 432, combine: 'counts' })
    expect(counts.pValue).toBe(falsePositiveRate(324, 432))
    expect(counts.log10PValue).toBeCloseTo(Math.log10(counts.pValue), 9)
  })

  test('by the mean, copies of one image say what that image says', () => {
    const one = logitsOf(KEY, 14)
    const copies = decideTogether(Array(30).fill(one), { key: KEY })
    const { detected, matches, pValue } = decide(one, { key: KEY })
    expect(copies).toMatchObject({ detected, matches, pValue })
    expect(detected).toBe(false)
    // What the default protects from: the same thirty copies, counted.
    expect(decideTogether(Array(30).fill(one), { key: KEY, fpr: 1e-6, combine: 'counts' }).detected).toBe(true)
  })

  test('one image alone is that image, and rates below the least number have a logarithm', () => {
    expect(decideTogether([logitsOf(KEY, 4)], { key: KEY })).toMatchObject({ matches: 44, images: 1 })
    const many = decideTogether(Array(40).fill(logitsOf(KEY)), { key: KEY, fpr: 1e-6, combine: 'counts' })
    expect(many.pValue).toBe(0)
    expect(many.log10PValue).toBeCloseTo(-40 * 48 * Math.log10(2), 6)
  })

  test('logits of any image must be finite', () => {
    expect(codeOf(() => decideTogether([logitsOf(KEY), logitsOf(KEY).fill(Number.NaN)], { key: KEY }))).toBe(
      'not-finite',
    )
  })
})

describe('identification', () => {
  const keys = randomKeys(5000, 48, { seed: 'users' })
  const registry = new Registry(48)
  keys.forEach((key, i) => {
    registry.add(`user-${i}`, key)
  })
  const least = threshold(48, 1e-6, { users: 5000 })

  test.each([true, false])('accuses the best match from the threshold on (runner-up %s)', (runnerUp) => {
    const at = decide(logitsOf(keys[123]!, 48 - least), { registry, runnerUp })
    expect(at).toMatchObject({
      user: 'user-123',
      verdict: 'user',
      matches: least,
      threshold: least,
      users: 5000,
      tied: 1,
    })
    expect(at.pValue).toBeLessThanOrEqual(1e-6)
    expect(at.singlePValue).toBe(falsePositiveRate(least, 48))
    expect(at.runnerUp === null).toBe(!runnerUp)
    if (at.runnerUp) expect(at.runnerUp.matches).toBeLessThan(least)
    const below = decide(logitsOf(keys[123]!, 48 - least + 1), { registry, runnerUp })
    expect(below).toMatchObject({ user: null, verdict: 'nobody', matches: least - 1 })
    expect(below.pValue).toBeGreaterThan(1e-6)
    expect(below.runnerUp).not.toBeNull()
  })

  test('accuses nobody for keys that nobody has', () => {
    for (const key of randomKeys(50, 48, { seed: 'strangers' })) {
      const { user, verdict, pValue } = decide(logitsOf(key), { registry })
      expect({ user, verdict }).toEqual({ user: null, verdict: 'nobody' })
      expect(pValue).toBeGreaterThan(1e-6)
    }
  })

  test('accuses nobody where two are equally near', () => {
    const twins = new Registry(48)
    const left = keyBits(KEY)
    const right = left.slice()
    left[0]! ^= 1
    right[1]! ^= 1
    twins.add('left', keyFromBits(left))
    twins.add('right', keyFromBits(right))
    twins.add('other', OTHER)
    expect(decide(logitsOf(KEY), { registry: twins })).toMatchObject({
      user: null,
      verdict: 'tie',
      matches: 47,
      tied: 2,
      runnerUp: { user: 'right', matches: 47 },
    })
    expect(decide(logitsOf(keyFromBits(left)), { registry: twins })).toMatchObject({
      user: 'left',
      runnerUp: { matches: 46 },
    })
  })

  test('so many users may be too many', () => {
    const short = new Registry(16)
    const distinct = new Map(randomKeys(300, 16, { seed: 2 }).map((key) => [revealKey(key), key]))
    for (const [text, key] of distinct) short.add(`user ${text}`, key)
    expect(codeOf(() => decide(Array(16).fill(1), { registry: short }))).toBe('unattainable')
    expect(decide(Array(16).fill(1), { registry: short, fpr: 0.01 }).threshold).toBe(16)
  })

  test('a result is plain data that survives JSON', () => {
    const result = decide(logitsOf(keys[7]!), { registry })
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
  })
})

describe('calibration', () => {
  /** As many images as fair coins: bits of random keys. */
  const fair = randomKeys(400, 48, { seed: 'plain' }).map((key) => logitsOf(key))

  test('fair and independent bits pass', () => {
    const found = calibrate(fair, { key: KEY })
    expect(found).toMatchObject({ images: 400, bits: 48 })
    expect(found.worstBias).toBeLessThan(5)
    expect(found.worstCorrelationZ).toBeLessThan(6)
    expect(found.matches!.mean).toBeCloseTo(24, 0)
    expect(found.matches!.overdispersion).toBeGreaterThan(0.7)
    expect(found.matches!.overdispersion).toBeLessThan(1.4)
  })

  test('a biased bit and two that move together are found', () => {
    const bad = fair.map((row) => [3, row[1]!, -row[1]!, ...row.slice(3)])
    const found = calibrate(bad)
    expect(found.ones[0]).toBe(1)
    expect(found.worstBias).toBeCloseTo(20, 9)
    expect(found.worstCorrelation).toBeCloseTo(-1, 9)
    expect(found.matches).toBeUndefined()
    expect([found.means[0], found.stds[0]]).toEqual([3, 0])
  })

  test('one image is too few, and all have as many logits', () => {
    expect(codeOf(() => calibrate(fair.slice(0, 1)))).toBe('bad-argument')
    expect(codeOf(() => calibrate([[1, 2], [1]]))).toBe('shape')
  })
})

describe('votes of several images', () => {
  const shared = Array.from({ length: 48 }, (_, i) => ((i * 7) % 5) - 2.1)

  test('one image is counted as by itself, and copies of it as one', () => {
    const [one] = [logitsOf(KEY, 6)]
    const alone = decide(one!, { key: KEY })
    for (const copies of [1, 30]) {
      const votes = decideTogether(Array(copies).fill(one), { key: KEY, combine: 'votes' })
      expect(votes).toMatchObject({ detected: true, matches: 42 * copies, threshold: 41 * copies - (copies - 1) })
      expect(votes.pValue / alone.pValue).toBeCloseTo(1, 10)
    }
  })

  test('is the share of random keys that agree as often, however alike images are', () => {
    const rows = [shared, shared, shared.map((x, i) => (i % 3 ? x : -x)), shared.map((x, i) => (i % 4 ? x : -x))]
    const keys = randomKeys(4000, 48, { seed: 'votes' })
    for (const fpr of [0.1, 0.02]) {
      const found = (combine: 'votes' | 'counts') =>
        keys.filter((key) => decideTogether(rows, { key, fpr, combine }).detected).length
      expect(found('votes')).toBeLessThanOrEqual(4000 * fpr + 3.1 * Math.sqrt(4000 * fpr))
      expect(found('votes')).toBeGreaterThan(4000 * fpr * 0.5)
      // Which takes images for independent.
      expect(found('counts')).toBeGreaterThan(4000 * fpr * 1.2)
    }
  })

  test('detected is pValue <= fpr, and images that disagree about every bit decide nothing', () => {
    const rows = [logitsOf(KEY, 3), logitsOf(KEY, 9), logitsOf(KEY, 20)]
    for (const fpr of [0.3, 1e-6, 1e-12]) {
      const { detected, pValue } = decideTogether(rows, { key: KEY, fpr, combine: 'votes' })
      expect(detected).toBe(pValue <= fpr)
    }
    const torn = decideTogether([shared, shared.map((x) => -x)], { key: KEY, combine: 'votes' })
    expect(torn).toMatchObject({ detected: false, pValue: 1, matches: 48, threshold: 49 })
  })
})
