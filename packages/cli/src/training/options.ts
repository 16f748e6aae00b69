import { ENGINE, READING } from '../options/shared.ts'
import { positive, shareOrNone, whole } from '../options/values.ts'

/** Of commands that train a model from scratch. */
export const TRAINING = {
  ...ENGINE,
  ...READING,
  images: { value: '<folder>', help: 'pictures to train on: a folder or a pattern', required: true },
  out: {
    value: '<file>',
    writes: true,
    help: 'the model, as safetensors; written anew with each checkpoint',
    required: true,
  },
  steps: { value: '<n>', help: 'training steps', read: whole(1, 1e8), required: true },
  size: { value: '<n>', help: 'side of what is cut out of pictures (default: 64)', read: whole(8, 4096) },
  batch: { value: '<n>', help: 'cut-outs per step', read: whole(1, 4096) },
  lr: { value: '<rate>', help: 'greatest learning rate', read: positive },
  hold: { value: '<share>', help: 'share of the steps after which the rate falls', read: shareOrNone },
  every: { value: '<n>', help: 'steps between two checkpoints', read: whole(1, 1e6), default: 250 },
  log: { value: '<file>', writes: true, help: 'also append a line of JSON to this file every --log-every steps' },
  logEvery: { value: '<n>', help: 'steps between two lines of --log', read: whole(1, 1e6), default: 50 },
  seed: { value: '<n>', help: 'of all that is random', read: whole(0), default: 0 },
} as const
