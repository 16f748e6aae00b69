import { join } from 'node:path'
import { expect, test } from 'vitest'
import { outputNames } from './outputs.ts'

test('results keep their inputs’ names, and two inputs never share one', () => {
  const next = outputNames('out', '.png')
  expect(['a/x.jpg', 'b/x.png', 'c/X.JPEG', 'd/y.tar.gz', '.z'].map(next)).toEqual(
    ['x.png', 'x-2.png', 'X-3.png', 'y.tar.png', '.z.png'].map((name) => join('out', name)),
  )
})

test('an input is not overwritten', () => {
  expect(() => outputNames('photos', '.png')('photos/x.png')).toThrow(/would be overwritten/)
})
