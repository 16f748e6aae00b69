import { defineCommand } from '../../options/description.ts'
import { SEARCH } from '../../options/search.ts'
import { ENGINE, fprOf, IMAGES, INPUTS, jsonOf, KEY } from '../../options/shared.ts'
import { AUTOENCODERS, TRACING } from '../../options/tracing.ts'

export const examine = defineCommand({
  name: 'examine',
  summary:
    'Ask all that can be known of images in one report: a key, users, decoders, whichever are given. Exit code 0 when anything was found in any image, 1 when nothing was, 2 when any part could not be decided.',
  arguments: IMAGES,
  decides: true,
  options: {
    ...ENGINE,
    ...INPUTS,
    extractor: { value: '<file>', help: 'weights of the extractor that reads the bits, for a key or users' },
    ...KEY,
    registry: { value: '<file>', help: 'users and keys: name<TAB>bits lines, or JSON' },
    ...fprOf('chance, for the key and for all users together, that an unmarked image is taken for a marked one'),
    ...SEARCH,
    ...AUTOENCODERS,
    calibration: {
      value: '<file>',
      help: 'of the decoder, or of all of them, as `calibrate-tracer` writes it',
    },
    ...TRACING,
    ...jsonOf(
      'one JSON object per image: file, and of what was asked key, users, decoder, each as `detect`, `identify` and `trace` or `attribute` tell it, or an error',
    ),
  },
  examples: [
    'stablesig examine --extractor extractor.pt --key-file user.key --registry users.tsv picture.png',
    'stablesig examine --extractor extractor.pt --key-file user.key --autoencoder vae/ --calibration vae.calibration.json found/ --json',
  ],
})
