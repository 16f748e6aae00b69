import { dispose, expandDims, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core'
import { checkNumber, checkObject, checkOneOf, checkOptions, checkSignal, checkTensor } from '../arguments.ts'
import { extent, refuse } from '../detection/decidable.ts'
import { StableSigError } from '../errors.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder } from '../models/check-models.ts'
import { asUnit, type UnitImage, type UnitImages } from '../signal/images.ts'
import type { TracerCalibration } from './calibration.ts'
import { cropToGrid } from './crop-to-grid.ts'
import { checkBound, type Extrapolates, fittingSet, type ImageFormat } from './fitting-set.ts'
import { type Judgement, judge } from './judge.ts'
import { tracingMethod } from './method.ts'
import { searchGrid } from './search-grid.ts'

/** Greatest rate of wrong verdicts where none is asked for. */
export const DEFAULT_ALPHA = 0.01

export interface TraceOptions {
  readonly autoencoder: Autoencoder
  /** Of this autoencoder: `calibrateTracer`, `readCalibration`. */
  readonly calibration: TracerCalibration
  /** How the image was saved, which calibrations depend on: `readSavedFormat` of @stablesig/backend-node. An unknown quality extrapolates. */
  readonly saved: ImageFormat
  /** A method that has been calibrated. Default 'balanced'. */
  readonly method?: string | undefined
  /** Greatest rate of wrong verdicts of either kind, (0,1). Default .01. */
  readonly alpha?: number | undefined
  /** Looks for the decoder's grid in an image that may have been cropped; `pForeign` is then that of the best of all offsets. */
  readonly searchGrid?: boolean | undefined
  /**
   * A method that is tried where the first leaves an image undecided, such as 'inversion', which takes some twenty times as long.
   * Each of the two then decides at alpha/2.
   */
  readonly second?: string | undefined
  /** Whether scores of another size, quality or subsampling may decide, which the result then says. Default: that is an error. */
  readonly extrapolate?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** What is said of an image, and by what. */
export interface Trace extends Judgement {
  readonly score: number
  readonly method: string
  /** Where the part that was looked at begins, and its size, in pixels. */
  readonly grid: { readonly top: number; readonly left: number; readonly height: number; readonly width: number }
  /** Offsets that the grid was chosen among. */
  readonly offsets: number
  readonly extrapolates: readonly Extrapolates[]
  /** What the first method said where a second one was asked. */
  readonly first: Omit<Trace, 'first'> | null
}

/**
 * Did this decoder make the image? Two p-values answer: `pForeign` is how often a foreign image would look so much like the decoder's
 * own, `pBelongs` how often one of its own would look so little like it. The image is cut to the grid and never resized.
 * @param image [H,W,3] or [1,H,W,3]
 * @throws StableSigError 'no-decision' for one plain colour, and where the calibration does not cover it; 'bad-calibration' for
 * another autoencoder's; 'bad-argument', 'disposed', 'shape', 'aborted'. No tensor is left.
 */
export async function traceImage(image: UnitImage | UnitImages, options: TraceOptions): Promise<Trace> {
  const { autoencoder, calibration, method = 'balanced', second, alpha = DEFAULT_ALPHA, signal } = options
  checkTraceOptions(options)
  await checkBound(calibration, autoencoder)
  const batch = await oneImage(image)
  try {
    const grid = options.searchGrid ? await searchGrid(autoencoder, batch, { signal }) : { top: 0, left: 0, offsets: 1 }
    const part = cropToGrid(batch, autoencoder.downscale, grid)
    try {
      const rate = second === undefined ? alpha : alpha / 2
      const first = await judgedBy(method, part, grid, rate, options)
      if (second === undefined || first.verdict !== 'undecided') return { ...first, first: null }
      return { ...(await judgedBy(second, part, grid, rate, options)), first }
    } finally {
      part.dispose()
    }
  } finally {
    batch.dispose()
  }
}

/** @throws StableSigError 'bad-argument', 'disposed' */
function checkTraceOptions(options: TraceOptions): void {
  checkOptions(options, 'traceImage')
  const { autoencoder, calibration, saved, method = 'balanced', second, alpha = DEFAULT_ALPHA, signal } = options
  checkAutoencoder(autoencoder)
  checkObject(calibration, 'calibration', 'what calibrateTracer or readCalibration give', ['autoencoder', 'sets'])
  checkObject(saved, 'saved', 'how the image was saved', ['format'])
  checkOneOf(saved.format, 'saved.format', ['png', 'jpeg', 'other'])
  checkNumber(alpha, 'alpha', 'a rate between 0 and 1 (both excluded)', (rate) => rate > 0 && rate < 1)
  const first = tracingMethod(method).name
  if (second !== undefined && tracingMethod(second).name === first)
    throw new StableSigError('bad-argument', `second is ${first}, which is the first method: expected another, or none`)
  checkSignal(signal)
}

type Grid = { readonly top: number; readonly left: number; readonly offsets: number }

async function judgedBy(
  name: string,
  part: UnitImages,
  { top, left, offsets }: Grid,
  alpha: number,
  { autoencoder, calibration, saved, extrapolate = false, signal }: TraceOptions,
): Promise<Omit<Trace, 'first'>> {
  const [, height, width] = part.shape
  const { set, extrapolates } = fittingSet(calibration, saved, name, [height, width], extrapolate)
  const [score = Number.NaN] = await tracingMethod(name).score(autoencoder, part, { signal })
  return {
    ...judge(score, set, alpha, offsets),
    ...{ score, method: name, grid: { top, left, height, width }, offsets, extrapolates },
  }
}

/** A batch of the one image, which is looked at; a new tensor. */
async function oneImage(image: UnitImage | UnitImages): Promise<UnitImages> {
  checkTensor(image, 'image', 'a tensor [H,W,3] or [1,H,W,3]')
  const { shape } = image
  if (shape.at(-1) !== 3 || (shape.length !== 3 && !(shape.length === 4 && shape[0] === 1)))
    throw new StableSigError('shape', `Expected one image [H,W,3] or [1,H,W,3], found [${shape}]`)
  const batch = asUnit(shape.length === 3 ? expandDims<Tensor4D>(image as Tensor3D, 0) : (image as Tensor4D).clone())
  const seen = extent(batch)
  try {
    const refusal = refuse(await seen.data<'float32'>())
    if (refusal) throw refusal
    return batch
  } catch (error) {
    batch.dispose()
    throw error
  } finally {
    dispose(seen)
  }
}
