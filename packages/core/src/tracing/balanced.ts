import { reverse, slice, type Tensor1D, type Tensor4D, tidy, transpose } from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { mseOfImages } from '../metrics/mse-of-images.ts'
import { readTogether } from '../ops/hints.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { type Reconstructs, reconstruct, reconstructEach, reconstructionErrors } from './reconstruct.ts'

/** The terms of the balanced statistic, natural logarithms, each about 0 or above for foreign images and below for belonging ones. */
export interface BalancedTerms {
  /** ln(L1/L2): what a first pass changes, beside a second one. */
  readonly twoPass: number
  /** ln L1(x) - ln L1(x turned by 90 degrees): the same picture where the decoder's kernels lie the other way. */
  readonly rotation: number
  /** ln L1 on the grid - ln L1 half a square off it, of the same picture but for a margin. */
  readonly shift: number
  /** ln L1(x) - ln L1(x with red and blue exchanged), where it is asked for; else null. */
  readonly colour: number | null
  /** Their sum, lambda. */
  readonly sum: number
}

export interface BalancedOptions {
  /** Takes the fourth term too, in a sixth pass: it tells the decoder from those whose kernels are turned alike and its colours are not. Default false. */
  readonly colour?: boolean | undefined
}

/** Quarter turns counterclockwise, a mirror image (left-right), and R and B exchanged. */
export const TURNS = {
  r90: (x: UnitImages): UnitImages => asUnit(tidy(() => reverse(transpose(x, [0, 2, 1, 3]), 1))),
  r180: (x: UnitImages): UnitImages => asUnit(reverse(x, [1, 2])),
  mirror: (x: UnitImages): UnitImages => asUnit(reverse(x, 2)),
  bgr: (x: UnitImages): UnitImages => asUnit(reverse(x, 3)),
} as const

/** A change that keeps what a picture shows and destroys a decoder's fingerprint. */
export type Turn = keyof typeof TURNS

/**
 * Reconstruction errors of images and of what they become by some turns; nothing is read.
 * @returns [N] each: of the images, then by turn
 */
export const turnedErrors = (autoencoder: Reconstructs, images: UnitImages, turns: readonly Turn[]): Tensor1D[] =>
  tidy(() => reconstructionErrors(autoencoder, [images, ...turns.map((turn) => TURNS[turn](images))]))

/**
 * Reconstruction errors on the decoder's grid and half a square off it, of parts of the image that are one square smaller; nothing
 * is read.
 * @param factor side of a square: the autoencoder's downscale
 * @returns [N] each: aligned, shifted
 */
export function shiftedErrors(autoencoder: Reconstructs, images: UnitImages, factor: number): Tensor1D[] {
  const [count, height, width] = images.shape
  if (Math.min(height, width) < 2 * factor)
    throw new StableSigError('shape', `images of ${width}x${height} pixels: two squares of ${factor} a side are needed`)
  const half = Math.floor(factor / 2)
  const part = (from: number) =>
    asUnit(slice(images as Tensor4D, [0, from, from, 0], [count, height - factor, width - factor, 3]))
  return tidy(() => reconstructionErrors(autoencoder, [part(0), part(half)]))
}

/**
 * lambda = ln t + rotation + shift: AEDR's ratio, and the reconstruction error beside itself under two changes that leave the picture
 * alone. Five passes, recorded as one graph; with a change of colours, + colour, six. How detailed a picture is cancels in each term.
 * @param images [N,H,W,3] on the grid, at least two squares a side
 * @returns terms of each image
 * @throws StableSigError 'no-decision' for an image that the autoencoder gives back unchanged, such as one plain colour
 */
export async function balancedTerms(
  autoencoder: Reconstructs & { readonly downscale: number },
  images: UnitImages,
  { colour = false }: BalancedOptions = {},
): Promise<BalancedTerms[]> {
  const errors = tidy((): Tensor1D[] => {
    const turned = [TURNS.r90(images), ...(colour ? [TURNS.bgr(images)] : [])]
    const [once, ...turnedOnce] = reconstructEach(autoencoder, [images, ...turned]) as [UnitImages, ...UnitImages[]]
    const twice = reconstruct(autoencoder, once)
    return [
      ...[mseOfImages(once, images), mseOfImages(twice, once)],
      ...shiftedErrors(autoencoder, images, autoencoder.downscale),
      ...turnedOnce.map((made, i) => mseOfImages(made, at(turned, i))),
    ]
  })
  const columns = await readTogether(errors)
  return at(columns, 0).map((_, i) => {
    const [first, second, aligned, shifted, turned, exchanged] = columns.map((column) => logOf(at(column, i))) as Logs
    const terms = { twoPass: first - second, rotation: first - turned, shift: aligned - shifted }
    const exchange = exchanged === undefined ? null : first - exchanged
    return { ...terms, colour: exchange, sum: terms.twoPass + terms.rotation + terms.shift + (exchange ?? 0) }
  })
}

type Logs = [number, number, number, number, number, number?]

function logOf(error: number): number {
  if (error > 0) return Math.log(error)
  if (Number.isNaN(error)) throw new StableSigError('not-finite', 'a reconstruction holds values that are not finite')
  throw new StableSigError(
    'no-decision',
    'Nothing can be decided about this image: the autoencoder gives it back unchanged, as it does one plain colour',
  )
}
