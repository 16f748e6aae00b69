import { defineCommand } from '../../options/description.ts'
import { autoencoderOf, ENGINE, IMAGES, INPUTS, jsonOf } from '../../options/shared.ts'
import { TRACING } from '../../options/tracing.ts'

export const trace = defineCommand({
  name: 'trace',
  summary:
    'Decide whether a decoder made images, without any mark in them. Exit code 0 when it made at least one, 1 when none, 2 on any error.',
  arguments: IMAGES,
  decides: true,
  options: {
    ...ENGINE,
    ...INPUTS,
    ...autoencoderOf('what holds the decoder that is asked about'),
    calibration: { value: '<file>', help: 'its scores, as `calibrate-tracer` writes them', required: true },
    ...TRACING,
    ...jsonOf(
      'one JSON object per image: file, verdict, pBelongs, pForeign, likestForeign, score, method, grid, extrapolates',
    ),
  },
  examples: [
    'stablesig trace --autoencoder vae/ --calibration vae.calibration.json picture.png',
    'stablesig trace --autoencoder vae/ --calibration vae.calibration.json --second inversion photos/ --json',
  ],
})
