import { log10PredictiveTail } from '@stablesig/stats'
import seedrandom from 'seedrandom'
import { expect, test } from 'vitest'
import type { CalibrationSet } from './calibration.ts'
import { judge } from './judge.ts'
import { amongTried, pValue } from './p-value.ts'

const spread = (middle: number, count = 20) => Array.from({ length: count }, (_, i) => middle + (i - count / 2) / 10)
const set: CalibrationSet = {
  ...{ saved: { format: 'png' }, method: 'balanced', height: 32, width: 32 },
  belonging: spread(-10),
  foreign: { easy: spread(30), hard: spread(5) },
}

test('a p-value is a rank within the sample, and marked where it goes on beyond it', () => {
  expect(pValue(0, spread(0), 'lower')).toEqual({ p: 12 / 21, log10: Math.log10(12 / 21), extrapolated: false })
  const far = pValue(-9, spread(0), 'lower')
  expect(far.extrapolated).toBe(true)
  expect(far.p).toBeLessThan(1e-4)
  expect(far.p).toBeCloseTo(10 ** far.log10, 20)
  // Of three scores there is no tail to speak of.
  expect(pValue(-9, [0, 1, 2], 'lower')).toMatchObject({ p: 1 / 4, extrapolated: false })
  // One of twenty lies far out: another one may.
  const longTailed = [...spread(0, 19), 3]
  expect(pValue(4, longTailed, 'upper').p).toBeGreaterThan(0.01)
  expect(10 ** log10PredictiveTail(4, longTailed, 'upper')).toBeLessThan(0.001)
})

test.each<[string, number, (normal: number) => number]>([
  ['normal', 0, (normal) => normal],
  ['log-normal', 1.6, (normal) => Math.exp(normal / 2)],
])('its rate holds beyond the sample, of %s scores too', (_, student, of) => {
  const random = seedrandom('scores')
  const draw = () => of(Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))
  const trials = 10_000
  const counts = { both: 0, student: 0 }
  for (let i = 0; i < trials; i++) {
    const sample = Array.from({ length: 50 }, draw)
    const score = draw()
    if (pValue(score, sample, 'upper').p <= 0.01) counts.both++
    if (log10PredictiveTail(score, sample, 'upper') <= -2) counts.student++
  }
  // Three standard errors above a hundredth.
  expect(counts.both).toBeLessThan(trials * 0.01 + 30)
  expect(counts.both).toBeGreaterThan(20)
  expect(counts.student).toBeGreaterThan(trials * 0.01 * student)
})

test('the best of several is as many times as probable, and never more than certain', () => {
  const one = pValue(-9, spread(0), 'lower')
  expect(amongTried(one, 64).p).toBeCloseTo(64 * one.p, 20)
  expect(amongTried(one, 64).log10).toBeCloseTo(one.log10 + Math.log10(64), 12)
  expect(amongTried({ p: 0.5, log10: Math.log10(0.5), extrapolated: false }, 64)).toMatchObject({ p: 1, log10: 0 })
})

test('a verdict rests on both p-values, and on the hardest foreign class', () => {
  expect(judge(-10, set, 0.01)).toMatchObject({ verdict: 'belongs', likestForeign: 'hard' })
  expect(judge(5, set, 0.01)).toMatchObject({ verdict: 'foreign', likestForeign: 'hard' })
  expect(judge(29, set, 0.01).verdict).toBe('foreign')
  // Between both: unlike either.
  expect(judge(-3, set, 0.01).verdict).toBe('undecided')
  expect(judge(5, set, 0.01).pForeign.p).toBe(pValue(5, set.foreign.hard ?? [], 'lower').p)
  // One class alone would have made it rare.
  expect(pValue(5, set.foreign.easy ?? [], 'lower').p).toBeLessThan(1e-5)
})

test('what belongs at one offset need not among sixty-four', () => {
  const score = 2
  const { p } = judge(score, set, 0.01).pForeign
  expect(judge(score, set, 2 * p, 1).pForeign.p).toBe(p)
  expect(judge(score, set, 2 * p, 64).verdict).not.toBe('belongs')
})
