import type { StateTensor } from '@stablesig/weights'
import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import seedrandom from 'seedrandom'
import type { Part } from '../models/autoencoders/autoencoder.ts'
import { planTiny, type TinyPlan } from '../models/autoencoders/tiny-plan.ts'
import { toTfjs } from '../models/read.ts'
import type { Weights } from '../models/weights.ts'

/** Channels and numbers of blocks of a level: a resolution. */
export interface Level {
  readonly channels: number
  /** Blocks of three convolutions. */
  readonly blocks: number
}

/**
 * An autoencoder of the tiny family that reduces 8 times: levels from the finest to the latent's. An encoder begins with a
 * convolution of stride 2, so that it has no level at the image's own resolution.
 */
export interface AutoencoderArchitecture {
  readonly latentChannels: number
  /** At 1/2, 1/4 and 1/8 of the image. */
  readonly encoder: readonly [Level, Level, Level]
  /** At 1, 1/2, 1/4 and 1/8 of the image. */
  readonly decoder: readonly [Level, Level, Level, Level]
}

/** 5 GFLOP to encode a 256 px image and 9.7 to decode it, 1.46 million weights. */
export const SMALL_AUTOENCODER: AutoencoderArchitecture = {
  latentChannels: 16,
  encoder: [
    { channels: 48, blocks: 1 },
    { channels: 64, blocks: 2 },
    { channels: 64, blocks: 3 },
  ],
  decoder: [
    { channels: 16, blocks: 1 },
    { channels: 48, blocks: 2 },
    { channels: 64, blocks: 2 },
    { channels: 64, blocks: 3 },
  ],
}

type Shapes = Record<string, number[]>

/** Shapes of a half's tensors in PyTorch's order, under the numbers of TAESD's sequence. */
export function tinyShapes(part: Part, { latentChannels, encoder, decoder }: AutoencoderArchitecture): Shapes {
  const shapes: Shapes = {}
  // A decoder's place 0 is its clamp.
  let place = part === 'encoder' ? 0 : 1
  let channels = part === 'encoder' ? 3 : latentChannels
  const conv = (out: number, bias: boolean) => {
    shapes[`${place}.weight`] = [out, channels, 3, 3]
    if (bias) shapes[`${place}.bias`] = [out]
    channels = out
    place++
  }
  const blocks = (count: number) => {
    for (let i = 0; i < count; i++, place++)
      for (const j of [0, 2, 4]) {
        shapes[`${place}.conv.${j}.weight`] = [channels, channels, 3, 3]
        shapes[`${place}.conv.${j}.bias`] = [channels]
      }
  }
  const levels = part === 'encoder' ? encoder : decoder.toReversed()
  for (const [i, level] of levels.entries()) {
    // The first convolution has a bias and a ReLU behind it, and a decoder's others an upsampling before them.
    if (i > 0 && part === 'decoder') place++
    conv(level.channels, i === 0)
    if (i === 0) place++
    blocks(level.blocks)
  }
  conv(part === 'encoder' ? latentChannels : 3, true)
  return shapes
}

/** A half's architecture as a reader of its file would find it. */
export function tinyPlanOf(part: Part, architecture: AutoencoderArchitecture): TinyPlan {
  const shapes = tinyShapes(part, architecture)
  const unread = () => Promise.reject(new Error('only shapes are here'))
  const tensors = Object.entries(shapes).map(([name, shape]): [string, StateTensor] => [
    name,
    { dtype: 'float32', shape, read: unread },
  ])
  return planTiny(`the ${part} to be trained`, new Map(tensors), part)
}

/** The last convolution of a block begins small, so that a block begins near the identity. */
const LAST_OF_BLOCK = 0.3
/** What images are about in the mean, to which a decoder's last bias is set. */
const MEAN_IMAGE = 0.45

/**
 * Weights of both halves to begin with, 'encoder.N…' and 'decoder.N…', as He et al. draw them for ReLU: normal of variance
 * 2 / fan-in, biases 0.
 */
export function initialAutoencoder(architecture: AutoencoderArchitecture, seed: number): Weights {
  const made: Record<string, Tensor> = {}
  for (const part of ['encoder', 'decoder'] as const) {
    const shapes = tinyShapes(part, architecture)
    const random = seedrandom(`${seed}/${part}`)
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    const last = Object.keys(shapes).at(-1)?.split('.', 1)[0]
    for (const [name, shape] of Object.entries(shapes)) {
      const length = shape.reduce((a, b) => a * b, 1)
      const fanIn = length / (shape[0] ?? 1)
      const ends = name.split('.', 1)[0] === last
      const std = Math.sqrt((ends ? 1 : 2) / fanIn) * (name.includes('conv.4.') ? LAST_OF_BLOCK : 1)
      const bias = ends && part === 'decoder' ? MEAN_IMAGE : 0
      const values = Float32Array.from({ length }, () => (shape.length === 4 ? std * normal() : bias))
      made[`${part}.${name}`] = shape.length === 4 ? toTfjs(values, shape) : tensor(values, shape, 'float32')
    }
  }
  return made
}
