import { defineCommand } from '../../options/description.ts'
import { EXTRACTOR, jsonOf } from '../../options/shared.ts'

export const spread = defineCommand({
  name: 'spread',
  summary:
    'Write a whitened extractor each of whose bits is an even mix of the bits that it had. What pictures differ in most, which no signed decoder moves, is then a small part of every bit instead of one or two lost ones. Needs no photographs, and changes no false-positive rate; keys signed for the one are not read by the other.',
  options: {
    ...EXTRACTOR,
    out: { value: '<file>', writes: true, help: 'where to write it, as safetensors', required: true },
    ...jsonOf('one JSON object: out, bits'),
  },
  examples: ['stablesig spread --extractor dec_48b_whit.torchscript.pt --out dec_48b_spread.safetensors'],
  endsAtOnce: true,
})
