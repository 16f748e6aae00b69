import type { Options, OptionsOf } from './description.ts'
import { CONFIG } from './shared.ts'
import { rate, whole } from './values.ts'

/** Of commands that ask whether a decoder made images. */
export const TRACING = {
  method: {
    value: '<name>',
    help: 'balanced, balanced:colour, two-pass, gradient-free or inversion, as it was calibrated',
    default: 'balanced',
  },
  second: { value: '<name>', help: 'a method that is asked where the first one leaves an image undecided' },
  alpha: { value: '<rate>', help: 'greatest rate of wrong verdicts of either kind', read: rate, default: 0.01 },
  searchGrid: { help: 'look for the decoder’s grid in images that may have been cropped' },
  jpegQuality: {
    value: '<n>',
    help: 'quality of the images that are JPEG (default: what the tables of each say)',
    read: whole(1, 100),
  },
  extrapolate: { help: 'decide also about sizes, qualities and subsamplings that were not calibrated' },
} as const satisfies Options

export type TracingOptions = OptionsOf<typeof TRACING>

/** One autoencoder or several: whole ones, and decoders that share an encoder, such as signed copies of one. */
export const AUTOENCODERS = {
  autoencoder: {
    value: '<path>',
    help: 'a checkpoint, bare weights, a shard index, or a folder: diffusers’ vae/, or a pipeline that holds one; again for each',
    repeated: true,
  },
  encoder: { value: '<path>', help: 'what holds the encoder of all that --decoder names (default: our own)' },
  decoder: { value: '<path>', help: 'what holds a decoder, signed or not; again for each', repeated: true },
  ...CONFIG,
} as const satisfies Options

export type AutoencodersOptions = OptionsOf<typeof AUTOENCODERS>
