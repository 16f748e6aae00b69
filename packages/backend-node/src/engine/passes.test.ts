import { passNames } from '@stablesig/tfjs-backend-onnx'
import { expect, test } from 'vitest'
import { passesFromEnvironment } from './passes.ts'

test('names run alone, names with a minus are left out, nothing is all', () => {
  expect(passesFromEnvironment('dead-code, layout')).toEqual(['layout', 'dead-code'])
  expect(passesFromEnvironment('')).toBeUndefined()
  expect(passesFromEnvironment('none')).toEqual([])
  expect(passesFromEnvironment('-layout')).toEqual(passNames.filter((name) => name !== 'layout'))
  expect(() => passesFromEnvironment('fast')).toThrow(/"fast"; there are layout/)
})
