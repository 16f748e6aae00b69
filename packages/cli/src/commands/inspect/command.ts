import { defineCommand } from '../../options/description.ts'
import { CONFIG, jsonOf } from '../../options/shared.ts'

export const inspect = defineCommand({
  name: 'inspect',
  summary:
    'The contents of a path: format, network, missing tensors, metadata, tensors. Of a large file only the index is read.',
  arguments: {
    path: { help: 'a file of weights, a shard index, or a folder: a model’s, or a pipeline’s that holds vae/' },
  },
  options: {
    ...CONFIG,
    sha256: { help: 'also of files above 256 MB, which are read whole for it' },
    ...jsonOf('one JSON object'),
  },
  examples: [
    'stablesig inspect signed.safetensors',
    'stablesig inspect stable-diffusion-xl/ --json | jq .holds',
    'stablesig inspect v1-5-pruned.ckpt --config v1-inference.yaml --sha256',
  ],
  endsAtOnce: true,
})
