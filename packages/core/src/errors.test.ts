import { WeightsError } from '@stablesig/weights'
import { expect, test } from 'vitest'
import { StableSigError } from './errors.ts'

test('an error of the weights package counts as one of this library, and no other does', () => {
  expect(new WeightsError('bad-weights', 'a.bin: cut short')).toBeInstanceOf(StableSigError)
  expect(new StableSigError('io', 'a.bin')).toBeInstanceOf(StableSigError)
  expect(new Error('a.bin')).not.toBeInstanceOf(StableSigError)
  expect({ name: 'StableSigError', code: 'io', message: '' }).not.toBeInstanceOf(StableSigError)
  expect(new StableSigError('io', 'a.bin')).not.toBeInstanceOf(WeightsError)
})

test('a class below it keeps to its own', () => {
  class Late extends StableSigError {}
  expect(new Late('io', '')).toBeInstanceOf(Late)
  expect(new WeightsError('io', '')).not.toBeInstanceOf(Late)
})
