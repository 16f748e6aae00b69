import { defineCommand } from '../../options/description.ts'
import { autoencoderOf, ENGINE, IMAGES, INPUTS, jsonOf } from '../../options/shared.ts'

export const reconstruct = defineCommand({
  name: 'reconstruct',
  summary: 'Pass images through an autoencoder and write them as PNG: how to make marked images from photographs.',
  arguments: IMAGES,
  options: {
    ...ENGINE,
    ...INPUTS,
    ...autoencoderOf('and what holds the decoder, signed or not'),
    out: { value: '<folder>', writes: true, help: 'where to write them; made when it does not exist', required: true },
    ...jsonOf('one JSON object per image: file, out, width, height'),
  },
  examples: [
    'stablesig reconstruct --encoder encoder.pth --decoder signed.safetensors --out marked photos/',
    'stablesig reconstruct --autoencoder v1-5-pruned.safetensors --out plain --size 256 photo.jpg',
  ],
})
