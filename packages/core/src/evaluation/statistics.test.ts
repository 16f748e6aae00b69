import { binomialMass, wilson } from '@stablesig/stats'
import { describe, expect, test } from 'vitest'
import { at } from '../at.ts'
import { clusteredInterval } from './clustered-interval.ts'
import { identificationRate } from './identification.ts'
import { type EvaluationRow, evaluationRowText, readEvaluationRow } from './row.ts'
import { summariseEvaluation } from './summarise.ts'

describe('clusteredInterval', () => {
  const cells = (successes: readonly (readonly number[])[]) =>
    successes.flatMap((row, key) => row.map((value, image) => ({ key, image, successes: value })))

  test('is Wilson for independent trials: one key, one trial an image', () => {
    const outcomes = Array.from({ length: 50 }, (_, i) => Number(i % 5 !== 0))
    const { low, high } = clusteredInterval(cells([outcomes]), 1)
    // The variance of a sample is 50/49 of p(1-p)/n: a fiftieth of a trial fewer.
    const whole = wilson(40, 50)
    expect(low).toBeCloseTo(whole.low, 2)
    expect(high).toBeCloseTo(whole.high, 2)
    expect(low).toBeLessThan(whole.low)
  })
  test('worked by hand: two images of which one is read wholly, the other not at all, are two trials and not sixteen', () => {
    // r = ±4, sum r² = 32, times 2/1, over 16²: V = 1/4, so n = (1/4)/(1/4) = 1.
    const { low, high } = clusteredInterval(cells([[8, 0]]), 8)
    const z = 1.959963984540054
    const half = (z * Math.sqrt(1 / 4 + (z * z) / 4)) / (1 + z * z)
    expect(low).toBeCloseTo(0.5 - half, 12)
    expect(high).toBeCloseTo(0.5 + half, 12)
  })
  test('images that fail under every key count once: ten keys say little more than one', () => {
    const outcomes = Array.from({ length: 40 }, (_, i) => Number(i % 4 !== 0))
    const one = clusteredInterval(cells([outcomes]), 1)
    const ten = clusteredInterval(cells(Array.from({ length: 10 }, () => outcomes)), 1)
    expect(ten.low).toBeCloseTo(one.low, 6)
    expect(ten.high).toBeCloseTo(one.high, 6)
  })
  test('ends at 0 and 1 where none or all succeed, and is not empty', () => {
    const all = clusteredInterval(cells([[4, 4, 4]]), 4)
    expect(all.high).toBe(1)
    expect(all.low).toBeCloseTo(wilson(12, 12).low, 12)
    expect(clusteredInterval(cells([[0, 0]]), 4).low).toBe(0)
  })
  test('covers the truth about as often as it says, where images differ', () => {
    // Each image has a rate of its own, uniform in [.6, 1]: the mean is .8.
    let covered = 0
    let state = 1
    const random = () => {
      state = (state * 48271) % 2147483647
      return state / 2147483647
    }
    for (let trial = 0; trial < 400; trial++) {
      const counts = Array.from({ length: 30 }, () => {
        const rate = 0.6 + 0.4 * random()
        return Array.from({ length: 48 }, () => random() < rate).filter(Boolean).length
      })
      const { low, high } = clusteredInterval(cells([counts]), 48)
      if (low <= 0.8 && 0.8 <= high) covered++
    }
    expect(covered / 400).toBeGreaterThan(0.91)
    expect(covered / 400).toBeLessThan(0.98)
  })
})

describe('identificationRate', () => {
  test('one user is detection', () => {
    const histogram = new Array(49).fill(0)
    histogram[48] = 3
    histogram[41] = 2
    histogram[40] = 5
    expect(identificationRate(histogram, 1, 1e-6)).toEqual({
      ...{ users: 1, threshold: 41, identified: 5, misidentified: 0, images: 10 },
    })
    expect(identificationRate(histogram, 1e5, 1e-6)).toMatchObject({ threshold: 46, images: 10 })
  })
  test('is what counting all other keys gives: 6 bits, 3 users', () => {
    const bits = 6
    const histogram = [0, 0, 0, 0, 0, 4, 1]
    const { threshold, identified, misidentified } = identificationRate(histogram, 3, 0.3)
    let [right, wrong] = [0, 0]
    for (const [own, count] of histogram.entries())
      for (let a = 0; a <= bits; a++)
        for (let b = 0; b <= bits; b++) {
          const chance = count * binomialMass(a, bits, 0.5) * binomialMass(b, bits, 0.5)
          const best = Math.max(a, b)
          if (own >= threshold && best < own) right += chance
          if (best >= threshold && best > own) wrong += chance
        }
    expect(threshold).toBeLessThanOrEqual(6)
    expect(identified).toBeCloseTo(right, 12)
    expect(misidentified).toBeCloseTo(wrong, 12)
  })
  test('what cannot reach the rate identifies nobody', () => {
    expect(identificationRate([0, 0, 0, 0, 9], 1e6, 1e-6)).toMatchObject({
      threshold: 5,
      identified: 0,
      misidentified: 0,
    })
  })
})

const rows: EvaluationRow[] = [
  { key: 0, image: 0, psnr: 30, ssim: 0.9, maskedPsnr: 33, marked: [8, 6], unmarked: [4, 5] },
  { key: 0, image: 1, psnr: 34, ssim: 0.96, maskedPsnr: 35, marked: [8, 5], unmarked: [3, 4] },
  { key: 1, image: 0, psnr: 31, ssim: 0.92, maskedPsnr: 33, marked: [8, 8], unmarked: [4, 6] },
  { key: 1, image: 1, psnr: 33, ssim: 0.94, maskedPsnr: 35, marked: [7, 3], unmarked: [5, 2] },
]

describe('summariseEvaluation', () => {
  const summary = summariseEvaluation(rows, { bits: 8, attacks: ['none', 'jpeg:50'], fprs: [0.01, 0.001] })
  const [none, jpeg] = [at(summary.attacks, 0), at(summary.attacks, 1)]

  test('counts bits, words, and matches by how many', () => {
    expect(none.bits).toMatchObject({ count: 31, of: 32, share: 31 / 32 })
    expect(none.words).toMatchObject({ count: 3, of: 4 })
    expect(none.histogram.marked).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 3])
    expect(none.histogram.unmarked).toEqual([0, 0, 0, 1, 2, 1, 0, 0, 0])
    expect(jpeg.bits.count).toBe(22)
    expect(jpeg.bits.interval.low).toBeLessThan(22 / 32)
  })
  test('detects at exact thresholds: 1/256 is at most 0.01 and no rate of 8 bits at most 0.001', () => {
    expect(none.rates[0]).toMatchObject({
      threshold: 8,
      exactFpr: 1 / 256,
      tpr: { count: 3, of: 4 },
      falsePositives: 0,
    })
    expect(none.rates[1]).toMatchObject({ threshold: 9, exactFpr: 0, tpr: { count: 0, of: 4 }, log10Fpr: -Infinity })
  })
  test('has a point for each threshold from half the bits on', () => {
    expect(none.points.map(({ threshold }) => threshold)).toEqual([4, 5, 6, 7, 8])
    expect(jpeg.points.map(({ truePositives }) => truePositives)).toEqual([3, 3, 2, 1, 1])
    expect(jpeg.points.map(({ falsePositives }) => falsePositives)).toEqual([3, 2, 1, 0, 0])
  })
  test('knows pairs in order, quality by key, and its size', () => {
    expect(none.auc).toBe(1)
    // 6, 5, 8, 3 against 5, 4, 6, 2: 3.5 + 2.5 + 4 + 1 of 16.
    expect(jpeg.auc).toBe(11 / 16)
    expect(jpeg.empirical).toMatchObject({ fpr: 0.01, above: 6, truePositives: 1, falsePositives: 0 })
    expect(summary).toMatchObject({ keys: 2, images: 2, bits: 8 })
    expect(summary.fidelity.psnr).toEqual({ mean: 32, min: 30 })
    expect(summary.fidelityByKey.map(({ psnr }) => psnr.mean)).toEqual([32, 32])
  })
  test('needs rows', () => {
    expect(() => summariseEvaluation([], { bits: 8, attacks: ['none'] })).toThrow('rows: expected at least one')
  })
})

describe('rows as text', () => {
  const size = { keys: 2, images: 2, attacks: 2, bits: 8 }
  test('come back as they were, also where JSON has no number', () => {
    const odd = {
      ...at(rows, 0),
      psnr: Number.POSITIVE_INFINITY,
      ssim: Number.NaN,
      maskedPsnr: Number.POSITIVE_INFINITY,
    }
    for (const row of [...rows, odd]) expect(readEvaluationRow(JSON.parse(evaluationRowText(row)), size)).toEqual(row)
  })
  test.each([
    [null, 'an object'],
    [{ ...rows[0], key: 2 }, "'key' to be a whole number below 2"],
    [{ ...rows[0], image: -1 }, "'image' to be a whole number below 2"],
    [{ ...rows[0], marked: [8] }, "2 counts in 'marked'"],
    [{ ...rows[0], unmarked: [9, 0] }, "'unmarked' to be a whole number below 9"],
    [{ ...rows[0], psnr: 'constructor' }, "'psnr' to be a number"],
  ])('%j is refused', (value, message) => {
    expect(() => readEvaluationRow(value, size)).toThrow(message)
    expect(() => readEvaluationRow(value, size)).toThrow(expect.objectContaining({ code: 'bad-checkpoint' }))
  })
})
