import type { TensorData } from '@stablesig/weights'
import { dispose } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { tinyDecoder, tinyEncoder } from '../models/autoencoders/tiny.ts'
import type { Weights } from '../models/weights.ts'
import type { CheckpointStore } from '../training/checkpoint.ts'
import { fingerprintOf, hashOf } from '../training/fingerprint.ts'
import { flatLayout } from '../training/flat.ts'
import { adamW } from '../training/optimizers.ts'
import {
  type AutoencoderArchitecture,
  initialAutoencoder,
  SMALL_AUTOENCODER,
  tinyPlanOf,
} from './autoencoder-architecture.ts'
import { type AutoencoderModel, autoencoderStep } from './autoencoder-step.ts'
import { type Crops, cropSource, cropTensor } from './crops.ts'
import { heldCosine } from './learning-rate.ts'
import type { PixelSet } from './pixel-set.ts'
import { storedTensors } from './stored-tensors.ts'
import { runTraining, type TrainingTask } from './training-run.ts'
import { startingGroups } from './vector-groups.ts'

export interface TrainAutoencoderOptions {
  /** Photographs and renderings, each side at least `size`. */
  readonly pictures: PixelSet
  readonly steps: number
  /** Default SMALL_AUTOENCODER. */
  readonly architecture?: AutoencoderArchitecture
  /** Weights to begin with, 'encoder.N…' and 'decoder.N…' in PyTorch's layout: an earlier stage's result. Default: drawn from the seed. */
  readonly initial?: Weights
  /** Crops a step. Default 12. */
  readonly batchSize?: number
  /** Side of a crop in pixels, a multiple of 8. Default 64. */
  readonly size?: number
  /** How much larger a window of a picture may be than its crop. Default 4. */
  readonly maxReduction?: number
  /** Default 1.5e-3, after 200 steps of rise. */
  readonly learningRate?: number
  /** Share of the steps after which the rate falls, along half a cosine. Default .5. */
  readonly hold?: number
  /** Of the mean absolute error beside the mean squared error. Default .02. */
  readonly absoluteWeight?: number
  /** Of 1 - SSIM. Default .01. */
  readonly structureWeight?: number
  /** Of weights, order and crops. Default 0. */
  readonly seed?: number
  readonly checkpoint?: CheckpointStore | undefined
  /** Stops between two steps; a checkpoint is then written first. */
  readonly signal?: AbortSignal | undefined
  /** Called after each step, and waited for. */
  readonly onStep?: ((progress: AutoencoderProgress) => void | Promise<void>) | undefined
}

/** One step as it was before its update. */
export interface AutoencoderProgress {
  /** Steps done, from 1. */
  readonly step: number
  readonly steps: number
  readonly loss: number
  /** Of the batch's clamped reconstructions, in dB; not rounded to 8 bits. */
  readonly psnr: number
  /** Of the windows that the loss looks at. */
  readonly ssim: number
  /** PSNR of the last hundred steps or so. */
  readonly meanPsnr: number
  readonly learningRate: number
  readonly seconds: number
}

export interface TrainedAutoencoder {
  /** Both halves as a safetensors file has them: 'encoder.0.weight', 'decoder.1.weight', …, PyTorch's order. */
  readonly tensors: Readonly<Record<string, TensorData>>
  readonly resumedAt: number
}

/** A running mean remembers about so many steps. */
const REMEMBERED = 100
const WARMUP = 200
const MAX_GRADIENT_NORM = 1

/**
 * Trains a latent autoencoder of the tiny family on crops of pictures: mean squared error with a little mean absolute error and
 * structural similarity, AdamW. The same arguments on one engine give the same weights, also when the run is stopped and resumed.
 * @throws StableSigError 'bad-argument', 'bad-image'; 'not-finite' when the loss is lost; 'aborted'; 'bad-checkpoint'
 */
export async function trainAutoencoder(options: TrainAutoencoderOptions): Promise<TrainedAutoencoder> {
  const { pictures, steps, architecture = SMALL_AUTOENCODER, seed = 0, checkpoint, signal, onStep } = options
  const { batchSize = 12, size = 64, maxReduction = 4, learningRate = 1.5e-3, hold = 0.5 } = options
  const { absoluteWeight = 0.02, structureWeight = 0.01 } = options
  for (const [name, value] of Object.entries({ steps, batchSize, size }))
    if (!Number.isInteger(value) || value < 1)
      throw new StableSigError('bad-argument', `${name} is ${value}, expected a whole number from 1`)
  if (size % 8) throw new StableSigError('bad-argument', `size is ${size}, expected a multiple of 8`)
  if (!(maxReduction >= 1))
    throw new StableSigError('bad-argument', `maxReduction is ${maxReduction}, expected a number from 1`)
  if (!(pictures.length >= 1)) throw new StableSigError('bad-argument', 'there are no pictures to train on')

  const start = options.initial ?? initialAutoencoder(architecture, seed)
  const bare = { weights: {}, names: new Map(), shapes: new Map() }
  const layout = flatLayout(start)
  const model: AutoencoderModel = {
    encoder: tinyEncoder(tinyPlanOf('encoder', architecture), bare),
    decoder: tinyDecoder(tinyPlanOf('decoder', architecture), bare),
    layout,
    optimizer: adamW({ betas: [0.9, 0.99], weightDecay: 1e-4 }),
    absoluteWeight,
    structureWeight,
    maxGradientNorm: MAX_GRADIENT_NORM,
  }
  const rate = heldCosine({ steps, learningRate, warmup: Math.min(WARMUP, steps / 4), hold })
  const load = cropSource({ pictures, seed, batchSize, size, maxReduction })
  const groups = await startingGroups(layout, start, model.optimizer).finally(() => {
    if (!options.initial) dispose(start)
  })
  const about = {
    steps,
    architecture,
    batchSize,
    size,
    maxReduction,
    learningRate,
    hold,
    absoluteWeight,
    structureWeight,
    seed,
  }
  const weights = groups.weights ?? []
  const fingerprint = checkpoint
    ? await fingerprintOf({
        ...{ ...about, pictures: pictures.length },
        hashes: await Promise.all([(await load(0)).values, ...weights].map(hashOf)),
      })
    : null
  const task: TrainingTask<Crops, number> = {
    steps,
    fingerprint,
    initial: () => ({ groups, progress: 0 }),
    parseProgress: (stored) => (typeof stored === 'number' ? stored : 0),
    load,
    record(groups, batch, step) {
      const images = cropTensor(batch)
      try {
        return autoencoderStep(model, groups, images, step + 1, rate(step))
      } finally {
        images.dispose()
      }
    },
    advance: (psnr, [, error = 0], _batch, step) => {
      const share = Math.max(1 / REMEMBERED, 1 / (step + 1))
      return psnr + share * (decibels(error) - psnr)
    },
  }
  const run = await runTraining(task, {
    checkpoint,
    signal,
    onStep: async ({
      step,
      steps,
      metrics: [loss = Number.NaN, error = Number.NaN, structure = Number.NaN],
      progress,
      seconds,
    }) =>
      onStep?.({
        ...{ step, steps, loss, psnr: decibels(error), ssim: 1 - structure, meanPsnr: progress },
        ...{ learningRate: rate(step - 1), seconds },
      }),
  })
  const tensors = await storedTensors(layout, run.groups.weights ?? [])
  return { tensors, resumedAt: run.resumedAt }
}

const decibels = (error: number): number => -10 * Math.log10(Math.max(error, 1e-10))
