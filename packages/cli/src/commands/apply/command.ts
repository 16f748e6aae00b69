import { defineCommand } from '../../options/description.ts'
import { CONFIG, FORMAT, jsonOf } from '../../options/shared.ts'

export const apply = defineCommand({
  name: 'apply',
  summary: 'Make a signed decoder out of its source and a delta: bit for bit the one that was signed.',
  arguments: {
    source: { help: 'the very decoder that the delta was made from, in any form' },
    delta: { help: 'what `stablesig delta` or `sign --delta` wrote' },
  },
  options: {
    out: {
      value: '<path>',
      writes: true,
      help: 'the signed decoder: a file, or a folder where one came in',
      required: true,
    },
    ...FORMAT,
    ...CONFIG,
    ...jsonOf('one JSON object: out, form, keyId, signedHash, card'),
  },
  examples: [
    'stablesig apply decoder.pth signed.delta --out signed.safetensors',
    'stablesig apply v1-5-pruned.safetensors signed.delta --out v1-5-signed.safetensors',
  ],
  endsAtOnce: true,
})
