import { defineCommand } from '../../options/description.ts'
import { ENGINE, GENERATOR, jsonOf } from '../../options/shared.ts'
import { whole } from '../../options/values.ts'

export const decode = defineCommand({
  name: 'decode',
  summary: 'Decode latents of a generator and write the images as PNG: with a signed decoder, signed images.',
  options: {
    ...ENGINE,
    autoencoder: { value: '<path>', help: 'a file or folder of weights that holds the decoder' },
    decoder: { value: '<path>', help: 'instead: weights of a decoder alone' },
    config: { value: '<file>', help: 'yaml or json that tells the architecture and the scale of latents' },
    ...GENERATOR,
    latents: {
      value: '<files...>',
      help: '.npy, .npz, .safetensors, PyTorch or ComfyUI’s .latent files: [N,C,h,w], [C,h,w] or packed as FLUX has them',
      required: true,
    },
    array: { value: '<name>', help: 'which array, where a file holds several' },
    unscaled: { help: 'latents are the autoencoder’s own, not scaled for the generator' },
    height: {
      value: '<n>',
      help: 'of the image, for a packed sequence of latents that is not square',
      read: whole(1, 65536),
    },
    width: { value: '<n>', help: 'of the image, likewise', read: whole(1, 65536) },
    out: {
      value: '<folder>',
      writes: true,
      help: 'where to write the images; made when it does not exist',
      required: true,
    },
    ...jsonOf('one JSON object per image: file, index, out, width, height'),
  },
  examples: [
    'stablesig decode --autoencoder stable-diffusion-xl/vae --latents latents.npy --out images',
    'stablesig decode --decoder signed.safetensors --generator sd1 --latents run/*.safetensors --out images --json',
    'stablesig decode --autoencoder flux2/vae --latents packed.npz --height 1024 --width 768 --out images',
  ],
})
