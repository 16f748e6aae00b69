import { concat, max, min, sum, type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'

/** Shorter side, in pixels, below which an image holds too little to be decided on. */
export const MIN_SIDE = 32
/**
 * Values beyond these bounds are no unit image that a decoder overshot but another range by mistake: [-1, 1], 0 to 255, or
 * normalised.
 */
const MIN_VALUE = -0.5
const MAX_VALUE = 1.5
/** A channel that varies by less is one colour: half a level of 8-bit images. */
const MIN_CONTRAST = 0.5 / 255

/** Columns of `extent`. */
export const EXTENT = 9

/** What `refuse` looks at: images [N,H,W,3] -> [N,9], least value, greatest value and sum of each channel. */
export function extent(images: Tensor4D): Tensor2D {
  const positions = [1, 2]
  return tidy(() =>
    concat([min<Tensor2D>(images, positions), max<Tensor2D>(images, positions), sum<Tensor2D>(images, positions)], 1),
  )
}

/** Why images of this size cannot be decided on, whatever they show; null where they can. */
export function refuseSize(height: number, width: number): StableSigError | null {
  if (Math.min(height, width) >= MIN_SIDE) return null
  return undecidable(`${width}x${height} pixels are too few: expected at least ${MIN_SIDE} a side`)
}

/** Why an image cannot be decided on, from its row of `extent`; null where it can. */
export function refuse(row: ArrayLike<number>): StableSigError | null {
  const values = Array.from(row)
  const [least, greatest] = [values.slice(0, 3), values.slice(3, 6)]
  // A sum keeps what a minimum may drop: NaN, and infinities of either sign.
  if (!values.every(Number.isFinite)) return undecidable('it holds values that are not finite')
  const fault = rangeFault(Math.min(...least), Math.max(...greatest))
  if (fault) return undecidable(fault)
  if (greatest.every((value, i) => value - least[i]! < MIN_CONTRAST)) return undecidable('it is one plain colour')
  return null
}

/** What is wrong with the range of what should be a unit image, by its least and greatest value; null where nothing is. */
export function rangeFault(from: number, to: number): string | null {
  if (from >= MIN_VALUE && to <= MAX_VALUE) return null
  return (
    `expected values in [0, 1], found ${from.toPrecision(3)} to ${to.toPrecision(3)}: divide 8-bit values by 255, ` +
    'and bring [-1, 1] to [0, 1] by signedToUnit'
  )
}

const undecidable = (why: string): StableSigError =>
  new StableSigError('no-decision', `Nothing can be decided about this image: ${why}`)
