import type { PresetName } from '@stablesig/core/training'
import { defineCommand, type GivenOf } from '../../options/description.ts'
import { imageLossOptions } from '../../options/image-loss.ts'
import { autoencoderOf, ENGINE, EXTRACTOR, FORMAT, jsonOf, KEY, READING } from '../../options/shared.ts'
import { notNegative, positive, share, whole } from '../../options/values.ts'

export const sign = defineCommand({
  name: 'sign',
  summary:
    'Fine-tune a latent decoder so that every image it makes carries a key. Ctrl-C keeps a checkpoint beside --out; the same command goes on from there. Exit code 1 when what --until-bits and --until-psnr ask for was not reached in all steps: the decoder is written nevertheless.',
  options: {
    ...ENGINE,
    ...autoencoderOf('and what holds the decoder to sign'),
    ...EXTRACTOR,
    images: { value: '<folder>', help: 'photographs to train on: a folder or a pattern', required: true },
    ...KEY,
    out: {
      value: '<path>',
      writes: true,
      help: 'the signed decoder: a file, replaced if it is there, or a new folder where one came in',
      required: true,
    },
    ...FORMAT,
    delta: {
      value: '<file>',
      writes: true,
      help: 'also write what changed, small enough to send; weights are then rounded to that',
    },
    preset: {
      value: '<name>',
      help: 'how plain the mark may be: subtle is seen least, robust survives most; published: the paper’s recipe, at 256 px',
      choices: ['subtle', 'balanced', 'robust', 'published'] satisfies readonly PresetName[],
      default: 'balanced',
    },
    start: {
      value: '<name>',
      help: 'what training begins with: the original decoder, or with minter the one that --minter makes of the key, for the last decibels in a few steps',
      choices: ['original', 'minter'],
      default: 'original',
    },
    minter: { value: '<file>', help: 'with --start minter: what train-minter wrote for this decoder and extractor' },
    minterDecoder: {
      value: '<file>',
      help: 'with --minter: the decoder that was trained beside it (--decoder-out), where one was',
    },
    size: { value: '<n>', help: 'side of the training images (default: the preset’s)', read: whole(8, 4096) },
    steps: {
      value: '<n>',
      help: 'training steps (default: the preset’s, and 20 with --start minter); up to twice as many where --until-bits or --until-psnr asks for them',
      read: whole(1, 1e6),
    },
    batch: { value: '<n>', help: 'images per step (default: the preset’s)', read: whole(1, 4096) },
    memory: {
      value: '<GiB>',
      help: 'what a step may take beside weights and their moments, by estimate; larger ones are cut up (default: 4)',
      read: positive,
    },
    accumulate: {
      value: '<n>',
      help: 'parts that a step’s images are put through in (default: as --memory asks)',
      read: whole(1, 4096),
    },
    gradientCheckpointing: {
      help: 'compute blocks of the decoder twice instead of keeping them: slower, in less memory',
    },
    lr: { value: '<rate>', help: 'greatest learning rate (default: the preset’s)', read: positive },
    ...READING,
    ...imageLossOptions('the preset’s, or masked for our own extractor where that is taken'),
    lambdaImage: {
      value: '<x>',
      help: 'weight of the image loss (default: the loss’s own times the preset’s, or what suits our own extractor where that is taken); more keeps quality, less the mark',
      read: notNegative,
    },
    temperature: {
      value: '<x>',
      help: 'logits are multiplied by it in the message loss (default: 10, or what suits our own extractor where that is taken)',
      read: positive,
    },
    withoutAttacks: {
      help: 'do not crop, brighten or compress images while training: a fainter mark that withstands less',
    },
    heldOut: {
      value: '<n|folder>',
      help: 'judge on so many images that are not trained on, or on another folder (default: up to 16)',
    },
    untilBits: {
      value: '<share>',
      help: 'stop when so many bits of the held-out images are right, such as 0.99',
      read: share,
    },
    untilPsnr: {
      value: '<dB>',
      help: 'stop when they are as close to unsigned ones as this; with both, when both hold',
      read: positive,
    },
    untilEvery: { value: '<n>', help: 'steps between two judgements (default: 10)', read: whole(1, 1e6) },
    seed: { value: '<n>', help: 'order of the images', read: whole(0), default: 0 },
    ...jsonOf('one JSON object with the figures, and no progress'),
  },
  examples: [
    'stablesig sign --autoencoder stable-diffusion/vae --extractor extractor.pt --images photos/ --key-file user.key --out signed-vae',
    'stablesig sign --encoder encoder.pth --decoder decoder.pth --extractor extractor.pt --images photos/ --key-file user.key \\\n    --held-out validation/ --until-bits 0.99 --until-psnr 28 --out signed.safetensors --json',
  ],
})

export type SignOptions = GivenOf<typeof sign>
