import { CROPS } from '../../options/crops.ts'
import { defineCommand, type GivenOf } from '../../options/description.ts'
import { ENGINE, EXTRACTOR, jsonOf } from '../../options/shared.ts'
import { positive, share } from '../../options/values.ts'

export const whiten = defineCommand({
  name: 'whiten',
  summary:
    'Write an extractor with a whitening layer computed from your unmarked photographs, in place of the one it may have: bits that are fair and uncorrelated on them. Tells bias and correlation before and after, the latter on photographs that the layer was not computed from.',
  options: {
    ...ENGINE,
    ...EXTRACTOR,
    ...CROPS,
    floor: {
      value: '<share>',
      help: 'raise eigenvalues of the features’ scatter to this share of the largest: more for few photographs',
      read: share,
      default: 1e-6,
    },
    axes: {
      value: '<name>',
      help: 'nearest: a bit stays as near to what it was trained as as it can; principal: as published',
      choices: ['nearest', 'principal'],
      default: 'nearest',
    },
    gain: {
      value: '<x>',
      help: 'deviation of a logit on these photographs; the loss of `sign` is made for that of the published extractor, .13',
      read: positive,
      default: 0.13,
    },
    out: { value: '<file>', writes: true, help: 'where to write it, as safetensors', required: true },
    ...jsonOf('one JSON object with the figures'),
  },
  examples: [
    'stablesig whiten --extractor bare.pth --images photos/ --crops 20 --out whitened.safetensors',
    'stablesig whiten --extractor pair.safetensors --images photos/ --crops 50 --crop-size 128 --out extractor.safetensors',
  ],
})

export type WhitenCommandOptions = GivenOf<typeof whiten>
