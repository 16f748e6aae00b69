import { defineCommand } from '../../options/description.ts'
import { jsonOf } from '../../options/shared.ts'
import { whole } from '../../options/values.ts'

export const keygen = defineCommand({
  name: 'keygen',
  summary: 'Make random keys, one per line.',
  options: {
    count: { value: '<n>', help: 'how many', read: whole(1, 1e6), default: 1 },
    bits: { value: '<n>', help: 'bits of each', read: whole(1, 4096), default: 48 },
    seed: { value: '<text>', help: 'make them from this text instead of true randomness' },
    ...jsonOf('one JSON object per line: key, bits'),
  },
  examples: [
    'stablesig keygen > user.key',
    'stablesig keygen --count 1000 --bits 64',
    'stablesig keygen --seed demo          # the same key each time: not for real use',
  ],
  endsAtOnce: true,
})
