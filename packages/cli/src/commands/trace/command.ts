import { defineCommand } from '../../options/description.ts'
import { autoencoderOf, ENGINE, IMAGES, INPUTS, jsonOf } from '../../options/shared.ts'
import { rate, whole } from '../../options/values.ts'

export const trace = defineCommand({
  name: 'trace',
  summary:
    'Decide whether a decoder made images, without any mark in them. Exit code 0 when it made at least one, 1 when none, 2 on any error.',
  arguments: IMAGES,
  options: {
    ...ENGINE,
    ...INPUTS,
    ...autoencoderOf('what holds the decoder that is asked about'),
    calibration: { value: '<file>', help: 'its scores, as `calibrate-tracer` writes them', required: true },
    method: {
      value: '<name>',
      help: 'balanced, two-pass, gradient-free or inversion, as it was calibrated',
      default: 'balanced',
    },
    second: { value: '<name>', help: 'a method that is asked where the first one leaves an image undecided' },
    alpha: { value: '<rate>', help: 'greatest rate of wrong verdicts of either kind', read: rate, default: 0.01 },
    searchGrid: { help: 'look for the decoder’s grid in images that may have been cropped' },
    jpegQuality: { value: '<n>', help: 'quality of the images that are JPEG', read: whole(1, 100) },
    extrapolate: { help: 'decide also about sizes and qualities that were not calibrated' },
    ...jsonOf(
      'one JSON object per image: file, verdict, pBelongs, pForeign, likestForeign, score, method, grid, extrapolates',
    ),
  },
  examples: [
    'stablesig trace --autoencoder vae/ --calibration vae.calibration.json picture.png',
    'stablesig trace --autoencoder vae/ --calibration vae.calibration.json --second inversion --jpeg-quality 90 photos/ --json',
  ],
})
