import { expect, test } from 'vitest'
import { drawAttacks } from './draw-attacks.ts'

test('attacks are drawn from the step, none at level 0, sizes and kinds of every sort at level 1', () => {
  expect(drawAttacks(3, 7, 4, 64, 1)).toEqual(drawAttacks(3, 7, 4, 64, 1))
  const steps = Array.from({ length: 100 }, (_, step) => step)
  expect(steps.every((step) => drawAttacks(0, step, 4, 64, 0).each.every(({ name }) => name === 'none'))).toBe(true)
  const drawn = steps.map((step) => drawAttacks(0, step, 4, 64, 1))
  expect(new Set(drawn.map(({ size }) => size))).toEqual(new Set([64, 48, 32]))
  const kinds = new Set(drawn.flatMap(({ each }) => each.flatMap(({ name }) => name.split('+'))))
  expect(kinds).toEqual(new Set(['none', 'crop', 'resize', 'brightness', 'contrast', 'jpeg']))
})
