import { defineCommand, type GivenOf } from '../../options/description.ts'
import { jsonOf } from '../../options/shared.ts'
import { TRAINING } from '../../training/options.ts'

export const trainAutoencoder = defineCommand({
  name: 'train-autoencoder',
  summary:
    'Train a small latent autoencoder from a folder of pictures: 16 channels of latents, a position for 8x8 pixels. Ctrl-C keeps a checkpoint beside --out; the same command goes on from there, and ends with the weights of a run that was never stopped.',
  options: { ...TRAINING, ...jsonOf('one JSON object with the figures, and no progress') },
  examples: ['stablesig train-autoencoder --images pictures/ --steps 12400 --hold 0.75 --out autoencoder.safetensors'],
})

export type TrainAutoencoderOptions = GivenOf<typeof trainAutoencoder>
