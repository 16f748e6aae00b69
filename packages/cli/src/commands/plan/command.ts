import { defineCommand } from '../../options/description.ts'
import { fprOf, jsonOf } from '../../options/shared.ts'
import { whole } from '../../options/values.ts'

export const plan = defineCommand({
  name: 'plan',
  summary: 'How many bit errors a key of a given length may have, for so many users and such a false-positive rate.',
  options: {
    bits: { value: '<n>', help: 'bits of a key', read: whole(1, 4096), default: 48 },
    users: { value: '<n>', help: 'users to tell apart', read: whole(1), default: 1 },
    ...fprOf('chance that an unmarked image is ascribed to any of them'),
    ...jsonOf('one JSON object'),
  },
  examples: ['stablesig plan --bits 48 --users 1e5 --fpr 1e-6', 'stablesig plan --bits 256 --users 1e9 --json'],
})
