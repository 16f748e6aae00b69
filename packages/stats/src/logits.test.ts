import { expect, test } from 'vitest'
import { bitProbabilities, log10LikelihoodRatio } from './logits.ts'

test('a logit is the log-odds of its bit', () => {
  expect([...bitProbabilities([0, Math.log(3), Math.log(3)], [1, 1, 0])].map((p) => p.toFixed(12))).toEqual([
    '0.500000000000',
    '0.750000000000',
    '0.250000000000',
  ])
  expect(bitProbabilities([Math.log(3) / 10], [1], 10)[0]).toBeCloseTo(0.75, 15)
})

test('evidence is the sum of log10(2p), and goes on where p has underflowed', () => {
  const [logits, bits] = [
    [0.4, -1.3, 2.2],
    [1, 0, 0],
  ]
  const direct = [...bitProbabilities(logits, bits)].reduce((sum, p) => sum + Math.log10(2 * p), 0)
  expect(log10LikelihoodRatio(logits, bits)).toBeCloseTo(direct, 14)
  expect(log10LikelihoodRatio([0, 0], [0, 1])).toBe(0)
  expect(log10LikelihoodRatio([2000], [0])).toBeCloseTo((Math.LN2 - 2000) / Math.LN10, 10)
  expect(log10LikelihoodRatio([2000], [1])).toBe(Math.LN2 / Math.LN10)
})

test('refuses bad arguments, by their place', () => {
  for (const call of [bitProbabilities, log10LikelihoodRatio]) {
    expect(() => call([1, 2], [1])).toThrow('logits and bits must be equally many, but are 2 and 1')
    expect(() => call([1, Number.NaN], [1, 1])).toThrow('logits[1] must be a finite number, but is NaN')
    expect(() => call([1, 2], [1, -1])).toThrow('bits[1] must be an integer in 0..1, but is -1')
    expect(() => call([1], [1], 0)).toThrow('temperature must be a positive number, but is 0')
  }
})
