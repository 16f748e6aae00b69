import { checkCallback, checkNumber, checkOptions, checkSignal } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import type { Autoencoder, LatentDecoder } from '../../models/autoencoders/autoencoder.ts'
import { checkAutoencoder } from '../../models/check-models.ts'
import { flatLayout } from '../../training/flat.ts'
import { checkedImages, checkImageSet, type ImageSet } from '../../training/image-set.ts'
import { checkOptimizer, type Optimizer } from '../../training/optimizer.ts'
import { adamW } from '../../training/optimizers.ts'
import { batchOrder } from '../../training/order.ts'

export interface FinetuneAwayOptions {
  /** The encoder, and the signed decoder: what a user has who was given one. */
  readonly autoencoder: Pick<Autoencoder, 'encoder' | 'decoder' | 'downscale'>
  /** Photographs without a mark. */
  readonly images: ImageSet
  readonly steps: number
  /** Images a step. Default 4. */
  readonly batchSize?: number | undefined
  /** Side of the images in pixels, a multiple of the autoencoder's downscale. Default 128. */
  readonly size?: number | undefined
  /** Constant. Default 1e-4. */
  readonly learningRate?: number | undefined
  /** Default AdamW without weight decay. */
  readonly optimizer?: Optimizer | undefined
  /** Order of the images. Default 0. */
  readonly seed?: number | undefined
  /** Steps after which `onDecoder` is called, besides the last. */
  readonly decodersAt?: readonly number[] | undefined
  /** Called with the decoder as it is then, and waited for; it is disposed afterwards. */
  readonly onDecoder?: ((decoder: LatentDecoder, step: number) => void | Promise<void>) | undefined
  /** Stops between two steps. */
  readonly signal?: AbortSignal | undefined
  /** Called after each step, and waited for. */
  readonly onStep?: ((progress: FinetuneAwayProgress) => void | Promise<void>) | undefined
}

export interface FinetuneAwayProgress {
  /** From 1. */
  readonly step: number
  readonly steps: number
  /** Mean squared error between what the decoder made and the photographs, before the step's change. */
  readonly mse: number
}

/** Fine-tuning with everything checked. */
export type FinetuneAwayPlan = ReturnType<typeof planFinetuneAway>

/** Checks what was given and fills in what was not; no tensor is made. @throws StableSigError 'bad-argument', 'disposed' */
export function planFinetuneAway(options: FinetuneAwayOptions) {
  checkOptions(options, 'finetuneMarkAway')
  const { autoencoder, steps, batchSize = 4, size = 128, learningRate = 1e-4, seed = 0 } = options
  const { optimizer = adamW({ weightDecay: 0 }), decodersAt = [], onDecoder, onStep, signal } = options
  checkAutoencoder(autoencoder)
  checkImageSet(options.images, 'images')
  checkOptimizer(optimizer, 'optimizer')
  for (const [name, value] of Object.entries({ steps, batchSize, size }))
    checkNumber(value, name, 'a whole number from 1', (count) => Number.isInteger(count) && count >= 1)
  checkNumber(learningRate, 'learningRate', 'a number above 0', (value) => value > 0 && Number.isFinite(value))
  checkNumber(seed, 'seed', 'a number', Number.isFinite)
  checkCallback(onDecoder, 'onDecoder')
  checkCallback(onStep, 'onStep')
  checkSignal(signal)
  if (size % autoencoder.downscale)
    throw new StableSigError('bad-argument', `size is ${size}, expected a multiple of ${autoencoder.downscale}`)
  const images = checkedImages(options.images, 'clean image')
  if (!(images.length >= 1)) throw new StableSigError('bad-argument', 'there are no images to train on')
  return {
    ...{ autoencoder, steps, size, learningRate, optimizer, images, onDecoder, onStep, signal },
    layout: flatLayout(autoencoder.decoder.weights),
    decodersAt: new Set(decodersAt),
    order: batchOrder(seed, images.length, batchSize),
  }
}
