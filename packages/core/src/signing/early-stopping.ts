import { checkNumber } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { ImageSet } from '../training/image-set.ts'

/** When fine-tuning may stop: a held-out batch, judged as `evaluateDecoder` judges, has reached all that is asked for. */
export interface Until {
  /** Least share of right bits over all held-out images, in (0, 1]. */
  readonly bitAccuracy?: number
  /** Least mean PSNR in dB of signed against unsigned reconstructions, as 8-bit pictures. */
  readonly psnr?: number
  /** Held-out images. Default: up to 16 of the training images, no more than one in ten, which are then not trained on. */
  readonly images?: ImageSet
  /** Side at which they are judged, in pixels. Default 256, or the training images' where that is more. */
  readonly size?: number
  /** Steps between two judgements, counted back from the recipe's last and on from there. Default 10. */
  readonly every?: number
  /** No judgement before this step. Default: half of the recipe's. */
  readonly from?: number
  /** Steps at most; those beyond the recipe's have its least learning rate. Default: twice the recipe's. */
  readonly most?: number
  /** Called after each judgement. */
  readonly onJudged?: (judgement: Judgement) => void
}

/** How held-out images fared after a step. */
export interface Judgement {
  readonly step: number
  /** How many were judged: fewer than there are where those sufficed to rule the aim out. */
  readonly images: number
  readonly matches: number
  readonly total: number
  readonly bitAccuracy: number
  /** Mean over the judged images, in dB. */
  readonly psnr: number
  /** Whether all images were judged and all that was asked for was reached. */
  readonly reached: boolean
}

/** What came of `until`. */
export interface UntilReport {
  readonly reached: boolean
  /** The step after which it was reached; null where it was not. */
  readonly step: number | null
  /** In their order; the last is that of the returned decoder, on all held-out images. */
  readonly judgements: readonly Judgement[]
  /** Of `seconds`, those spent on judging. */
  readonly seconds: number
}

/** What is asked of the held-out images, with nothing left open. */
export interface Aim {
  readonly bitAccuracy: number
  readonly psnr: number
}

/** Numbers of `until`, checked. @throws StableSigError 'bad-argument' naming what is none of its kind, or when nothing is asked */
export function untilNumbers(until: Until, recipe: { readonly size: number; readonly steps: number }) {
  const { bitAccuracy = 0, psnr = Number.NEGATIVE_INFINITY, size = Math.max(256, recipe.size), every = 10 } = until
  const { from = Math.ceil(recipe.steps / 2), most = 2 * recipe.steps } = until
  const refuse = (what: string) => new StableSigError('bad-argument', `until: ${what}`)
  if (until.bitAccuracy === undefined && until.psnr === undefined) throw refuse('give bitAccuracy, psnr or both')
  checkNumber(bitAccuracy, 'until.bitAccuracy', 'a share up to 1', (share) => share >= 0 && share <= 1)
  checkNumber(psnr, 'until.psnr', 'dB', (dB) => !Number.isNaN(dB))
  for (const [name, value] of Object.entries({ size, every, from, most }))
    checkNumber(value, `until.${name}`, 'a whole number from 1', (count) => Number.isSafeInteger(count) && count >= 1)
  return { bitAccuracy, psnr, size, every, from, most }
}

/** `count` places among `length`, spread evenly: which images are held out. */
export const heldOutPlaces = (length: number, count: number): ReadonlySet<number> =>
  new Set(Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * length) / count)))

/** `count` images of a set, spread evenly over it, and the others. */
export function holdOut(images: ImageSet, count: number): { training: ImageSet; heldOut: ImageSet } {
  const held = heldOutPlaces(images.length, count)
  const all = Array.from({ length: images.length }, (_, i) => i)
  const part = (of: readonly number[]): ImageSet => ({
    length: of.length,
    read: (index, size) => images.read(of[index] ?? images.length, size),
  })
  return { training: part(all.filter((i) => !held.has(i))), heldOut: part(all.filter((i) => held.has(i))) }
}

/** Images held out where none are named: up to 16, and no more than one in ten. */
export const heldOutCount = (images: number): number => Math.min(16, Math.floor(images / 10))
