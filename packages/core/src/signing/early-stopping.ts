import { checkCallback, checkNumber, checkObject } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { checkedImages, checkImageSet, type ImageSet, selectImages } from '../training/image-set.ts'
import { checkPrepared, type PreparedImages, prepareImages } from './prepared-images.ts'

/** When fine-tuning may stop: held-out images, evaluated as `evaluateDecoder` does, have reached all that is asked for. */
export interface EarlyStopping {
  /** Share of right bits over all held-out images, in (0, 1]. */
  readonly minBitAccuracy?: number
  /** Mean PSNR in dB of signed against unsigned reconstructions, as 8-bit pictures. */
  readonly minPsnr?: number
  /**
   * Held-out images; prepared ones where they are evaluated again after the training. Default: up to 16 of the training images, no
   * more than one in ten, which are then not trained on.
   */
  readonly images?: ImageSet | PreparedImages
  /** Side at which they are evaluated, in pixels. Default 256, or the training images' where that is more; that of prepared ones. */
  readonly size?: number
  /** Steps between two evaluations, counted back from the recipe's last and on from there. Default 10. */
  readonly evaluateEvery?: number
  /** No evaluation before this step. Default: half of the recipe's. */
  readonly evaluateFrom?: number
  /** Steps beyond the recipe's have its final learning rate. Default: twice the recipe's. */
  readonly maxSteps?: number
  /** Called after each evaluation. */
  readonly onEvaluation?: (evaluation: HeldOutEvaluation) => void
}

/** How held-out images fared after a step. */
export interface HeldOutEvaluation {
  readonly step: number
  /** How many were evaluated: fewer than there are where those sufficed to rule the target out. */
  readonly images: number
  readonly matches: number
  readonly total: number
  readonly bitAccuracy: number
  /** Mean over the evaluated images, in dB. */
  readonly psnr: number
  /** Mean SSIM over the same images, as `evaluateDecoder` has it. */
  readonly ssim: number
  /** Whether all images were evaluated and all that was asked for was reached. */
  readonly reached: boolean
}

/** What came of early stopping. */
export interface EarlyStoppingReport {
  readonly reached: boolean
  /** The step after which it was reached; null where it was not. */
  readonly step: number | null
  /** In their order; the last is that of the returned decoder, on all held-out images. */
  readonly evaluations: readonly HeldOutEvaluation[]
  /** Of `seconds`, those spent on evaluations. */
  readonly seconds: number
}

/** What is asked of the held-out images, with nothing left open. */
export interface Target {
  readonly minBitAccuracy: number
  readonly minPsnr: number
}

/** Early stopping with everything checked and defaulted. */
export interface EarlyStoppingPlan {
  readonly target: Target
  readonly evaluateEvery: number
  readonly evaluateFrom: number
  readonly maxSteps: number
  readonly heldOut: PreparedImages
  readonly onEvaluation?: ((evaluation: HeldOutEvaluation) => void) | undefined
}

/**
 * Checks what is asked for and takes held-out images out of the training images where none are named.
 * @param images training images, checked as they are read
 * @throws StableSigError 'bad-argument' naming the field
 */
export function planEarlyStopping(
  options: EarlyStopping,
  images: ImageSet,
  recipe: { readonly size: number; readonly steps: number },
  autoencoder: Autoencoder,
): { readonly training: ImageSet; readonly plan: EarlyStoppingPlan } {
  checkObject(options, 'earlyStopping', 'an object')
  checkCallback(options.onEvaluation, 'earlyStopping.onEvaluation')
  const { minBitAccuracy = 0, minPsnr = Number.NEGATIVE_INFINITY, evaluateEvery = 10, onEvaluation } = options
  const { evaluateFrom = Math.ceil(recipe.steps / 2), maxSteps = 2 * recipe.steps } = options
  if (options.minBitAccuracy === undefined && options.minPsnr === undefined)
    throw new StableSigError('bad-argument', 'earlyStopping: give minBitAccuracy, minPsnr or both')
  checkNumber(minBitAccuracy, 'earlyStopping.minBitAccuracy', 'a share up to 1', (share) => share >= 0 && share <= 1)
  checkNumber(minPsnr, 'earlyStopping.minPsnr', 'dB', (dB) => !Number.isNaN(dB))
  for (const [name, value] of Object.entries({ evaluateEvery, evaluateFrom, maxSteps }))
    checkCount(value, `earlyStopping.${name}`)
  const parts = heldOutParts(options, images, recipe, autoencoder)
  if (!(parts.heldOut.length >= 1))
    throw new StableSigError(
      'bad-argument',
      'earlyStopping: too few images to hold any out; give `images` that are not trained on',
    )
  return {
    training: parts.training,
    plan: {
      target: { minBitAccuracy, minPsnr },
      ...{ evaluateEvery, evaluateFrom, maxSteps, heldOut: parts.heldOut, onEvaluation },
    },
  }
}

function heldOutParts(
  { images: named, size }: EarlyStopping,
  images: ImageSet,
  recipe: { readonly size: number },
  autoencoder: Autoencoder,
): { readonly training: ImageSet; readonly heldOut: PreparedImages } {
  if (size !== undefined) checkCount(size, 'earlyStopping.size')
  if (named !== undefined && 'prepare' in named) {
    checkPrepared(named, 'earlyStopping.images', autoencoder, size)
    return { training: images, heldOut: named }
  }
  if (named !== undefined) checkImageSet(named, 'earlyStopping.images')
  const parts =
    named === undefined
      ? holdOut(images, heldOutCount(images.length))
      : { training: images, heldOut: checkedImages(named, 'held-out image') }
  const heldOut = prepareImages({ autoencoder, images: parts.heldOut, size: size ?? Math.max(256, recipe.size) })
  return { training: parts.training, heldOut }
}

const checkCount = (value: number, name: string): void =>
  checkNumber(value, name, 'a whole number from 1', (count) => Number.isSafeInteger(count) && count >= 1)

/** `count` places among `length`, spread evenly: which images are held out. */
export const heldOutPlaces = (length: number, count: number): ReadonlySet<number> =>
  new Set(Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * length) / count)))

/** `count` images of a set, spread evenly over it, and the others. */
export function holdOut(images: ImageSet, count: number): { training: ImageSet; heldOut: ImageSet } {
  const held = heldOutPlaces(images.length, count)
  const all = Array.from({ length: images.length }, (_, i) => i)
  return {
    training: selectImages(
      images,
      all.filter((i) => !held.has(i)),
    ),
    heldOut: selectImages(
      images,
      all.filter((i) => held.has(i)),
    ),
  }
}

/** Images held out where none are named: up to 16, and no more than one in ten. */
export const heldOutCount = (images: number): number => Math.min(16, Math.floor(images / 10))
