import { expect, test } from 'vitest'
import { type AttackMix, drawAttacks, NO_ATTACKS } from './draw-attacks.ts'

const mix: AttackMix = {
  resized: 0.8,
  sides: [0.75, 0.5],
  brightness: 0.25,
  maxBrightness: 2.2,
  contrast: 0.1,
  jpeg: 0.4,
  minQuality: 45,
}

test('attacks are drawn from the step, none at level 0, sizes and kinds of every sort at level 1', () => {
  const whole = { size: 64, level: 1, mix }
  expect(drawAttacks(3, 7, 4, whole)).toEqual(drawAttacks(3, 7, 4, whole))
  const steps = Array.from({ length: 100 }, (_, step) => step)
  const untouched = steps.map((step) => drawAttacks(0, step, 4, { ...whole, level: 0 }))
  expect(untouched.every(({ each }) => each.every(({ name }) => name === 'none'))).toBe(true)
  const drawn = steps.map((step) => drawAttacks(0, step, 4, whole))
  expect(new Set(drawn.map(({ size }) => size))).toEqual(new Set([64, 48, 32]))
  const attacks = drawn.flatMap(({ each }) => each)
  const kinds = new Set(attacks.flatMap(({ name }) => name.split('+')))
  expect(kinds).toEqual(new Set(['none', 'crop', 'resize', 'brightness', 'contrast', 'jpeg']))
  const qualities = attacks.flatMap(({ quality }) => quality ?? [])
  expect(Math.min(...qualities)).toBeGreaterThanOrEqual(45)
  expect(Math.max(...attacks.map(({ gain }) => gain))).toBeLessThanOrEqual(2.2)
  const share = qualities.length / attacks.length
  expect(share).toBeGreaterThan(0.3)
  expect(share).toBeLessThan(0.5)
})

test('a window of each image lies anywhere in it, whatever else happens within', () => {
  const steps = Array.from({ length: 50 }, (_, step) => step)
  const plain = steps.map((step) => drawAttacks(0, step, 4, { size: 64, window: 48, level: 1, mix: NO_ATTACKS }))
  expect(plain.every(({ size, each }) => size === 48 && each.every(({ window }) => window.side === 48))).toBe(true)
  const places = plain.flatMap(({ each }) => each.map(({ window }) => window.left))
  expect([Math.min(...places), Math.max(...places)]).toEqual([0, 16])
  const inner = (window?: number) =>
    steps.map((step) => drawAttacks(0, step, 4, { size: window ? 64 : 48, window, level: 1, mix }))
  const [whole, windows] = [inner(), inner(48)]
  for (const [i, { size, each }] of windows.entries()) {
    expect(size).toBe(whole[i]!.size)
    expect(each.map(({ name }) => name)).toEqual(whole[i]!.each.map(({ name }) => name))
    for (const { window } of each) {
      expect(Math.min(window.left, window.top)).toBeGreaterThanOrEqual(0)
      expect(Math.max(window.left, window.top) + window.side).toBeLessThanOrEqual(64)
    }
  }
})
