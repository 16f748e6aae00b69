import { defineCommand } from '../../options/description.ts'
import { ENGINE, jsonOf } from '../../options/shared.ts'
import { whole } from '../../options/values.ts'

export const keygen = defineCommand({
  name: 'keygen',
  summary:
    'Make random keys, one per line. With --among, those that pictures carry more easily than others: keys differ several times in what they ask of a picture.',
  options: {
    count: { value: '<n>', help: 'how many', read: whole(1, 1e6), default: 1 },
    bits: {
      value: '<n>',
      help: 'bits of each (default: 48; with --among what the extractor reads)',
      read: whole(1, 4096),
    },
    seed: { value: '<text>', help: 'make them from this text instead of true randomness' },
    among: {
      value: '<n>',
      help: 'draw so many for each key and keep the one that asks least of pictures; 16 are plenty',
      read: whole(2, 1e4),
    },
    extractor: {
      value: '<file>',
      help: 'the extractor that will read them, for --among (default: our own, of 48 bits)',
    },
    ...ENGINE,
    ...jsonOf('one JSON object per line: key, bits; with --among effort, which is 1 on average of random keys'),
  },
  examples: [
    'stablesig keygen > user.key',
    'stablesig keygen --count 1000 --bits 64',
    'stablesig keygen --among 16 --extractor dec_48b_whit.torchscript.pt > user.key',
    'stablesig keygen --seed demo          # the same key each time: not for real use',
  ],
  endsAtOnce: true,
})
