import type { Device, SaveFormat } from '@stablesig/backend-node'
import { GENERATORS, type Generator } from '@stablesig/core/generators'
import type { Options, OptionsOf } from './description.ts'
import { rate, whole } from './values.ts'

/* Options that several commands have. A command spreads them into its own; their order is that of its help. */

export const ENGINE = {
  device: {
    value: '<name>',
    help: 'what computes',
    choices: ['auto', 'cpu', 'cuda', 'webgpu'] satisfies readonly (Device | 'auto')[],
    default: 'auto',
  },
  threads: { value: '<n>', help: 'processor threads to compute with; all by default', read: whole(1, 1024) },
} as const satisfies Options

export type EngineOptions = OptionsOf<typeof ENGINE>

const MAX_PIXELS = {
  value: '<n>',
  help: 'refuse images of more pixels, of which each takes three bytes once decoded (default: 100 million)',
  read: whole(1, 1e9),
} as const

/** How photographs are read. */
export const READING = { maxPixels: MAX_PIXELS } as const satisfies Options

export const IMAGES = {
  images: { help: 'image files, folders or patterns', several: true },
} as const

export const INPUTS = {
  files: {
    value: '<list>',
    help: 'also the paths in this file, one per line; - for standard input, read as they arrive',
  },
  null: {
    short: '0',
    help: 'paths in --files end with NUL instead of a line’s end, as find -print0 writes them',
  },
  maxPixels: MAX_PIXELS,
  size: {
    value: '<n>',
    help: 'resize the shorter side to n pixels and cut out the centre; native size without it',
    read: whole(1, 16384),
  },
} as const satisfies Options

/** Of commands that read a mark: those that write an image leave it its size. */
export const MAX_SIDE = {
  maxSide: {
    value: '<n>',
    help: 'make images smaller until the longer side is n pixels; native size without it',
    read: whole(32, 16384),
    conflicts: 'size',
  },
} as const satisfies Options

export type InputOptions = OptionsOf<typeof INPUTS> & OptionsOf<typeof MAX_SIDE>

export const EXTRACTOR = {
  extractor: {
    value: '<file>',
    help: 'weights of the extractor that reads the bits (default: our own, of 48 bits)',
    shipped: 'extractor',
  },
} as const satisfies Options

export const KEY = {
  key: {
    value: '<bits>',
    help: 'the key: 0s and 1s, or 0x and hexadecimal digits (else --key-file, else the environment STABLESIG_KEY)',
  },
  keyFile: {
    value: '<file>',
    help: 'a file that holds the key: unlike --key it does not show in the list of processes',
  },
} as const satisfies Options

export type KeyOptions = OptionsOf<typeof KEY>

/** Of commands that read a mark in images: with what, which, and at which size. */
export const READ_MARKS = { ...ENGINE, ...INPUTS, ...EXTRACTOR, ...MAX_SIDE } as const satisfies Options

/** @param chance what is that likely on an unmarked image */
export const fprOf = (chance: string) =>
  ({ fpr: { value: '<rate>', help: chance, read: rate, default: 1e-6 } }) as const satisfies Options

export const BITS = {
  bits: { help: 'also what was read; where a key is found this is the key, or nearly: keep it out of logs' },
} as const satisfies Options

/** @param fields what an object holds */
export const jsonOf = (fields: string) => ({ json: { help: fields } }) as const satisfies Options

export const CONFIG = {
  config: {
    value: '<file>',
    help: 'yaml or json that tells the architecture (default: the config.json beside the weights)',
  },
} as const satisfies Options

/** @param decoder what --decoder names */
export const autoencoderOf = (decoder: string) =>
  ({
    autoencoder: {
      value: '<path>',
      help: 'a checkpoint, bare weights, a shard index, or a folder: diffusers’ vae/, or a pipeline that holds one (default: our own small one)',
      shipped: 'autoencoder',
    },
    encoder: {
      value: '<path>',
      help: 'instead of --autoencoder: what holds the encoder (default: our own, beside our own --decoder once it is signed)',
    },
    decoder: { value: '<path>', help: decoder },
    ...CONFIG,
  }) as const satisfies Options

export type AutoencoderOptions = OptionsOf<ReturnType<typeof autoencoderOf>>

export const GENERATOR = {
  generator: {
    value: '<name>',
    help: 'whose latents they are, where no config tells their scale',
    choices: Object.keys(GENERATORS) as readonly Generator[],
  },
} as const satisfies Options

export const FORMAT = {
  format: {
    value: '<name>',
    help: 'same: the form that came in; diffusers: a folder; ldm: a checkpoint; safetensors: the decoder alone',
    choices: ['same', 'diffusers', 'ldm', 'safetensors'] satisfies readonly SaveFormat[],
    default: 'same',
  },
} as const satisfies Options
