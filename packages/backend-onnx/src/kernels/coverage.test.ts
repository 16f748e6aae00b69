import { expect, test } from 'vitest'
import { allKernels } from './index.ts'

test('a kernel is defined once', () => {
  const names = allKernels.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)])
})
