import { describe, expect, test } from 'vitest'
import { bitAccuracy, wordAccuracy } from './accuracy.ts'
import { auc } from './auc.ts'
import { atThreshold, tprAtFpr } from './tpr-at-fpr.ts'

describe('auc', () => {
  test('is the share of pairs that are in order, ties counting half', () => {
    // Pairs: 3 beats 1, 2 and ties 3; 2 beats 1, ties 2, loses to 3; 5 beats all: (2.5 + 1.5 + 3) / 9.
    expect(auc([3, 2, 5], [1, 2, 3])).toBeCloseTo(7 / 9, 15)
    expect(auc([4, 4], [4, 4, 4])).toBe(0.5)
    expect(auc([2, 3], [0, 1])).toBe(1)
    expect(auc([0, 1], [2, 3])).toBe(0)
    expect(auc([Number.POSITIVE_INFINITY], [1, Number.POSITIVE_INFINITY])).toBe(0.75)
  })
  test('is what counting all pairs gives, and 1 minus itself the other way round', () => {
    const scores = (n: number, step: number) => Array.from({ length: n }, (_, i) => (i * step) % 13)
    const [a, b] = [scores(40, 5), scores(31, 7)]
    const pairs = a.flatMap((x) => b.map((y): number => (x > y ? 1 : x === y ? 0.5 : 0)))
    expect(auc(a, b)).toBeCloseTo(pairs.reduce((sum, won) => sum + won, 0) / pairs.length, 14)
    expect(auc(b, a)).toBeCloseTo(1 - auc(a, b), 14)
  })
  test('takes no empty list and no NaN', () => {
    expect(() => auc([], [1])).toThrow('positives: expected at least one score, found none')
    expect(() => auc([1], [0, Number.NaN])).toThrow('negatives: score 2 of 2 is not a number')
    expect(() => auc('12' as unknown as number[], [1])).toThrow(expect.objectContaining({ code: 'bad-argument' }))
  })
})

describe('true-positive rates', () => {
  const marked = [48, 47, 44, 30, 30]
  const unmarked = [20, 30, 24, 28, 28, 22, 21, 25, 26, 23]

  test('at a threshold, which is inclusive', () => {
    expect(atThreshold(marked, unmarked, 30)).toEqual({
      ...{ truePositives: 5, positives: 5, falsePositives: 1, negatives: 10 },
    })
    expect(atThreshold(marked, unmarked, 31)).toMatchObject({ truePositives: 3, falsePositives: 0 })
  })
  test.each([
    // Of ten negatives none may be flagged below a rate of 0.1, then 30, and 28 twice only from 0.3 on.
    [0, 30, 3, 0],
    [0.09, 30, 3, 0],
    [0.1, 28, 5, 1],
    [0.2, 28, 5, 1],
    [0.3, 26, 5, 3],
    [1, Number.NEGATIVE_INFINITY, 5, 10],
  ])('at an empirical rate of %s: above %s', (fpr, above, truePositives, falsePositives) => {
    expect(tprAtFpr(marked, unmarked, fpr)).toMatchObject({ above, truePositives, falsePositives })
  })
  test('a rate that is a whole count allows it, in spite of rounding', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i)
    for (let count = 0; count <= 100; count++)
      expect(tprAtFpr([200], hundred, count / 100).falsePositives, `${count}`).toBe(count)
  })
  test('refuse what is no rate', () => {
    expect(() => tprAtFpr(marked, unmarked, 1.5)).toThrow('fpr is 1.5, expected a rate from 0 to 1')
    expect(() => atThreshold(marked, unmarked, Number.NaN)).toThrow('threshold is NaN')
  })
})

describe('bit and word accuracy', () => {
  const readings = [
    { matches: 48, total: 48 },
    { matches: 47, total: 48 },
    { matches: 24, total: 48 },
  ]
  test('count bits, and images of which all are right', () => {
    expect(bitAccuracy(readings)).toEqual({ count: 119, of: 144, share: 119 / 144 })
    expect(wordAccuracy(readings)).toEqual({ count: 1, of: 3, share: 1 / 3 })
  })
  test('refuse counts that cannot be', () => {
    expect(() => bitAccuracy([])).toThrow('at least one')
    expect(() => wordAccuracy([{ matches: 5, total: 4 }])).toThrow('readings[0].matches is 5')
  })
})
