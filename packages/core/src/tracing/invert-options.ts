import type { Tensor4D } from '@tensorflow/tfjs-core'
import { checkCallback, checkNumber, checkOptions, checkSignal, checkTensor } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder } from '../models/check-models.ts'
import type { UnitImages } from '../signal/images.ts'
import { halving, type Schedule } from '../training/schedules.ts'
import { decoderBytesPerPixel } from '../training/step-memory.ts'
import { checkOnGrid } from './crop-to-grid.ts'

/** When an image is given up: its least loss has not fallen by a share of itself for some iterations. */
export interface Plateau {
  /** Iterations without such a fall, at least 1. */
  readonly patience: number
  /** The share, 0 or above. */
  readonly improvement: number
}

export interface InvertProgress {
  /** Images before those that are being inverted, and all of them. */
  readonly imagesDone: number
  readonly images: number
  /** Iterations done of the images being inverted, and all. */
  readonly iteration: number
  readonly iterations: number
  /** Least loss so far of each image being inverted. */
  readonly losses: readonly number[]
}

export interface InvertOptions {
  readonly autoencoder: Autoencoder
  /** [N,H,W,3], sides multiples of the autoencoder's downscale: see `cropToGrid`. */
  readonly images: UnitImages
  /**
   * Where the search begins: 'encoder', standard normal values from `seed` ('random'), or given latents as the generator has
   * them. Default 'encoder'.
   */
  readonly start?: 'encoder' | 'random' | Tensor4D | undefined
  /** Of random starts. Default 0. */
  readonly seed?: number | string | undefined
  /** Default 100. */
  readonly iterations?: number | undefined
  /** Learning rate of Adam by iteration, from 0. Default: .05 for the first, halved after it and after every 50th, as published. */
  readonly schedule?: Schedule | undefined
  /** Whether decoded values are clipped to [0, 1] before they are compared. Default true. */
  readonly clamp?: boolean | undefined
  /** Default: none, all iterations are made. */
  readonly plateau?: Plateau | undefined
  /** Iterations recorded before their losses are read: 1. More take as long and hold more memory. What stops or reports comes between such runs. */
  readonly iterationsPerFlush?: number | undefined
  /** What intermediate tensors may take by estimate, which decides how many images are inverted together. Default 2 GiB. */
  readonly memoryBytes?: number | undefined
  /** Stops between two runs of iterations with an 'aborted' error; no tensor is left. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: InvertProgress) => void) | undefined
}

/** Options in which nothing is left open. */
export interface InvertPlan extends Omit<InvertOptions, 'plateau'> {
  readonly start: 'encoder' | 'random' | Tensor4D
  readonly seed: number | string
  readonly iterations: number
  readonly schedule: Schedule
  readonly clamp: boolean
  readonly plateau: Plateau | null
  readonly iterationsPerFlush: number
  /** Images inverted together. */
  readonly batchSize: number
}

const MEMORY_BYTES = 2 * 2 ** 30
const LEARNING_RATE = 0.05

/** @throws StableSigError 'bad-argument', 'disposed', 'shape' */
export function invertPlan(options: InvertOptions): InvertPlan {
  checkOptions(options, 'invertLatent')
  const { autoencoder, images, start = 'encoder', seed = 0, iterations = 100, clamp = true } = options
  const { schedule = halving(LEARNING_RATE), plateau = null, memoryBytes = MEMORY_BYTES } = options
  const { iterationsPerFlush = 1, signal, onProgress } = options
  checkAutoencoder(autoencoder)
  checkTensor(images, 'images', 'a tensor [N,H,W,3]')
  checkOnGrid(images, autoencoder.downscale)
  if (typeof start === 'string' && start !== 'encoder' && start !== 'random')
    throw new StableSigError('bad-argument', `start is '${start}', expected encoder, random or a tensor of latents`)
  if (typeof start !== 'string') checkTensor(start, 'start', 'encoder, random or a tensor of latents')
  checkNumber(iterations, 'iterations', 'a whole number from 1', isCount)
  checkNumber(iterationsPerFlush, 'iterationsPerFlush', 'a whole number from 1', isCount)
  checkNumber(memoryBytes, 'memoryBytes', 'a number of bytes', (bytes) => bytes > 0)
  checkCallback(schedule, 'schedule')
  checkCallback(onProgress, 'onProgress')
  checkSignal(signal)
  if (plateau) {
    checkNumber(plateau.patience, 'plateau.patience', 'a whole number from 1', isCount)
    checkNumber(plateau.improvement, 'plateau.improvement', 'a share in [0, 1)', (share) => share >= 0 && share < 1)
  }
  const [, height, width] = images.shape
  const imageBytes = decoderBytesPerPixel(autoencoder.decoder) * height * width
  const batchSize = Math.max(1, Math.floor(memoryBytes / imageBytes))
  return {
    ...{ autoencoder, images, start, seed, iterations, schedule, clamp, plateau, iterationsPerFlush, batchSize },
    ...{ signal, onProgress },
  }
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1
