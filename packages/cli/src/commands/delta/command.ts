import { defineCommand } from '../../options/description.ts'
import { CONFIG, jsonOf } from '../../options/shared.ts'

export const delta = defineCommand({
  name: 'delta',
  summary:
    'Write what turns a decoder into a signed one: whoever has the very same decoder gets the signed one from it.',
  arguments: {
    source: { help: 'the decoder that was signed: a file or folder' },
    signed: { help: 'the signed one, in any form' },
  },
  options: {
    out: { value: '<file>', writes: true, help: 'the delta', required: true },
    ...CONFIG,
    ...jsonOf('one JSON object: out, bytes, changed, total, encodings, sourceHash, signedHash, card'),
  },
  examples: [
    'stablesig delta decoder.pth signed.safetensors --out signed.delta',
    'stablesig delta sdxl/vae signed-vae --out signed.delta --json',
  ],
  endsAtOnce: true,
})
