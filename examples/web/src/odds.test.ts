import { expect, test } from 'vitest'
import { inDigits, oddsInWords } from './odds.ts'

test.each([
  [1, 'Images that carry no such key agree as well as this one.'],
  [0.04, 'one in 25 agrees'],
  [1e-6, 'one in 1 million agrees'],
  [2 ** -48, 'one in 281 trillion agrees'],
  [8.4e-12, 'one in 119 billion agrees'],
  [1e-40, 'one in more than 1000 sextillion agrees'],
  [0, 'No image without such a key'],
])('a p-value of %d says: %s', (pValue, said) => {
  expect(oddsInWords(pValue)).toContain(said)
})

test('digits are two', () => {
  expect([0.5, 0.0342, 3.52e-15].map(inDigits)).toEqual(['0.5', '0.034', '3.5e-15'])
})
