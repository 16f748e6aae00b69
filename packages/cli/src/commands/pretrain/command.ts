import { defineCommand, type GivenOf } from '../../options/description.ts'
import { jsonOf } from '../../options/shared.ts'
import { whole } from '../../options/values.ts'
import { TRAINING } from '../../training/options.ts'

export const pretrain = defineCommand({
  name: 'pretrain',
  summary:
    'Train a watermark encoder and an extractor together, from a folder of pictures. The file holds both; every command takes it as --extractor, once `whiten` has whitened it. Ctrl-C keeps a checkpoint beside --out; the same command goes on from there, and ends with the weights of a run that was never stopped.',
  options: {
    ...TRAINING,
    bits: { value: '<n>', help: 'length of the keys that are read', read: whole(8, 256), default: 48 },
    recipe: {
      value: '<name>',
      help: 'light: a small extractor whose message grows bit by bit; published: HiDDeN’s pair with all bits from the start, at 128 px, for long runs on a GPU',
      choices: ['light', 'published'],
      default: 'light',
    },
    start: { value: '<file>', help: 'light: a pair that pretrain wrote, to train on with all bits and full attacks' },
    attenuate: { help: 'published: a fainter mark where it would be seen' },
    ...jsonOf('one JSON object with the figures, and no progress'),
  },
  examples: ['stablesig pretrain --images pictures/ --steps 40000 --out pair.safetensors --log pair.jsonl'],
})

export type PretrainOptions = GivenOf<typeof pretrain>
