import { defineCommand } from '../../options/description.ts'
import { ENGINE, IMAGES, INPUTS, jsonOf } from '../../options/shared.ts'
import { AUTOENCODERS, TRACING } from '../../options/tracing.ts'

export const attribute = defineCommand({
  name: 'attribute',
  summary:
    'Tell which of several decoders made images, without any mark in them. Exit code 0 when at least one image is ascribed to one, 1 when none is, 2 on any error.',
  arguments: IMAGES,
  decides: true,
  options: {
    ...ENGINE,
    ...INPUTS,
    ...AUTOENCODERS,
    calibration: {
      value: '<file>',
      help: 'what tells them apart, as `calibrate-tracer` writes it of these decoders, and others',
      required: true,
    },
    ...TRACING,
    ...jsonOf(
      'one JSON object per image: file, verdict (one, tie, none, undecided), names, traces (what `trace` says of each)',
    ),
  },
  examples: [
    'stablesig attribute --autoencoder a/vae --autoencoder b/vae --calibration ab.json picture.png',
    'stablesig attribute --encoder vae/ --decoder vae/ --decoder signed.safetensors --calibration copies.json photos/ --json',
  ],
})
