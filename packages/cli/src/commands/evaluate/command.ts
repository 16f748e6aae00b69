import { defineCommand, type GivenOf } from '../../options/description.ts'
import { jsonOf } from '../../options/shared.ts'
import { rate, whole } from '../../options/values.ts'
import { sign } from '../sign/command.ts'

/** All that `sign` has but what is of one signing: keys, places and held-out images are many here, or none. */
const {
  images: _images,
  key: _key,
  keyFile: _keyFile,
  out: _out,
  format: _format,
  delta: _delta,
  heldOut: _heldOut,
  untilBits: _untilBits,
  untilPsnr: _untilPsnr,
  untilEvery: _untilEvery,
  size: trainingSize,
  seed: _seed,
  json: _json,
  ...SIGNING
} = sign.options

export const evaluate = defineCommand({
  name: 'evaluate',
  summary:
    'Measure signed decoders over keys, images and attacks: bits right, true positives at exact false-positive rates, identification among many users, PSNR and SSIM. Writes evaluation.json, bits.csv, images.csv and index.html to --out. Ctrl-C keeps what is done; the same command goes on from there.',
  options: {
    ...SIGNING,
    images: {
      value: '<folder>',
      help: 'photographs that no decoder was trained on: a folder or a pattern',
      required: true,
    },
    maxImages: {
      value: '<n>',
      help: 'at most so many of them, spread evenly over the folder',
      read: whole(1, 1e6),
    },
    size: {
      value: '<n>',
      help: 'shorter side of the images, of which the centre is cut out',
      read: whole(16, 4096),
      default: 256,
    },
    keys: {
      value: '<n>',
      help: 'sign so many decoders, with random keys that follow from --seed: for measuring, never for use',
      read: whole(1, 1e4),
    },
    keysFile: { value: '<file>', help: 'instead: sign a decoder for each key in this file, one per line' },
    signed: { value: '<files...>', help: 'instead: decoders that are signed already, with --key-files' },
    keyFiles: { value: '<files...>', help: 'files with their keys, in the same order' },
    trainingImages: {
      value: '<folder>',
      help: 'photographs to train on where decoders are signed; none of --images',
    },
    trainingSize,
    attacks: {
      value: '<lines...>',
      help: 'what happens to pictures before they are read, such as none, crop:0.5 or brightness:2+jpeg:80 (default: the rows of the paper’s tables)',
    },
    fpr: {
      value: '<rate>',
      help: 'false-positive rate of detection, and over all users of identification; 1e-9 is told of as well',
      read: rate,
      default: 1e-6,
    },
    seed: { value: '<n>', help: 'of the keys, and of the order of training images', read: whole(0), default: 0 },
    out: {
      value: '<folder>',
      writes: true,
      help: 'where results, signed decoders and what is done so far are kept; made when it does not exist',
      required: true,
    },
    ...jsonOf('one JSON object with the figures, and no progress'),
  },
  examples: [
    'stablesig evaluate --autoencoder stable-diffusion/vae --extractor extractor.pt --keys 10 --training-images photos/ --images validation/ --out evaluation',
    'stablesig evaluate --autoencoder stable-diffusion/vae --extractor extractor.pt --signed ann.safetensors ben.safetensors --key-files ann.key ben.key \\\n    --images validation/ --attacks none jpeg:80 crop:0.5+jpeg:80 --out evaluation --json',
  ],
})

export type EvaluateOptions = GivenOf<typeof evaluate>
