import type { Tensor3D } from '@tensorflow/tfjs-core'
import { checkOptions } from '../arguments.ts'
import type { ErrorCode, StableSigError } from '../errors.ts'
import { checkExtractor } from '../models/check-models.ts'
import { checkKey, type Key } from '../signal/key.ts'
import { checkKeys, type Detection, decide, decideKeys, type KeyDetection } from './decide.ts'
import { type Combine, decideSeveral, type SeveralDetection } from './decide-several.ts'
import { andThen, type Outcome, unwrap } from './outcome.ts'
import { attainableThreshold, DEFAULT_FPR } from './rates.ts'
import { type ImageBatch, type ReadingOptions, readLogits } from './read-images.ts'
import { checkWhitened, stating, type WhiteningConsent } from './whitened.ts'

export interface DetectOptions extends ReadingOptions, WhiteningConsent {
  /** As many bits as the extractor reads. */
  readonly key: Key
  /** Greatest chance of detecting the key in an image that does not carry it: 1e-6. */
  readonly fpr?: number
}

/**
 * Does the image carry the key? One image [H,W,3] gives its decision or throws; a batch [N,H,W,3] or a list of images gives
 * one outcome each, so that what cannot be decided about one image does not keep the others from it.
 * @throws StableSigError 'no-decision' (below 32 pixels, one colour, not finite, of another range), 'not-finite', 'shape',
 * 'bad-key' (another length than the extractor's), 'bad-argument', 'unattainable', 'disposed', 'not-whitened' (see WhiteningConsent)
 */
export function detect(image: Tensor3D, options: DetectOptions): Promise<Detection>
export function detect(images: ImageBatch, options: DetectOptions): Promise<Outcome<Detection>[]>
export async function detect(
  images: Tensor3D | ImageBatch,
  options: DetectOptions,
): Promise<Detection | Outcome<Detection>[]> {
  checkOptions(options, 'detect')
  const { key, fpr = DEFAULT_FPR } = options
  checkRequest([key], fpr, options)
  return eachOf(images, options, (logits) => stating(decide(logits, key, fpr), options.extractor))
}

export interface DetectKeysOptions extends ReadingOptions, WhiteningConsent {
  readonly keys: readonly Key[]
  /** Greatest chance of detecting any of the keys in an image that carries none: 1e-6. */
  readonly fpr?: number
}

/** As `detect`, for several keys at once: the image is read once; one decision a key, in their order. See `decideKeys`. */
export function detectKeys(image: Tensor3D, options: DetectKeysOptions): Promise<KeyDetection[]>
export function detectKeys(images: ImageBatch, options: DetectKeysOptions): Promise<Outcome<KeyDetection[]>[]>
export async function detectKeys(
  images: Tensor3D | ImageBatch,
  options: DetectKeysOptions,
): Promise<KeyDetection[] | Outcome<KeyDetection[]>[]> {
  checkOptions(options, 'detectKeys')
  const { keys, fpr = DEFAULT_FPR } = options
  checkRequest(keys, fpr, options)
  return eachOf(images, options, (logits) => {
    const decisions = decideKeys(logits, keys, fpr)
    return decisions.map((decision) => stating(decision, options.extractor))
  })
}

export interface DetectTogetherOptions extends DetectOptions {
  /** `mean` (default), or `counts` for images that have nothing in common. See `Combine`. */
  readonly combine?: Combine
}

/** An image that could not be decided on, by its place among those given. The code is the error's: see `Outcome`. */
export interface Undecided {
  readonly index: number
  readonly code: ErrorCode
  readonly error: StableSigError
}

/**
 * Do several images together, such as frames of a video or copies of one picture, carry the key? One decision about all that
 * can be read; the others are listed.
 * @throws StableSigError as `detect`; the first image's error where none can be read
 */
export async function detectTogether(
  images: ImageBatch,
  options: DetectTogetherOptions,
): Promise<SeveralDetection & { readonly undecided: readonly Undecided[] }> {
  checkOptions(options, 'detectTogether')
  const { key, fpr = DEFAULT_FPR, combine = 'mean' } = options
  checkRequest([key], fpr, options)
  const rows: Float32Array[] = []
  const undecided: Undecided[] = []
  const outcomes = await readLogits(images, options)
  outcomes.forEach((outcome, index) => {
    if (outcome.ok) rows.push(outcome.value)
    else undecided.push({ index, code: outcome.code, error: outcome.error })
  })
  if (rows.length === 0 && undecided[0]) throw undecided[0].error
  return Object.assign(stating(decideSeveral(rows, key, fpr, combine), options.extractor), { undecided })
}

/** One image's result, or each image's outcome. */
export async function eachOf<T>(
  images: Tensor3D | ImageBatch,
  options: ReadingOptions,
  step: (logits: Float32Array) => T,
): Promise<T | Outcome<T>[]> {
  if (isOne(images)) {
    const [outcome] = await readLogits([images], options)
    return step(unwrap(outcome!))
  }
  return (await readLogits(images, options)).map((outcome) => andThen(outcome, step))
}

const isOne = (images: Tensor3D | ImageBatch): images is Tensor3D =>
  typeof images === 'object' && images !== null && 'rank' in images && images.rank === 3

/** What is wrong with the request is said before an image is read. */
function checkRequest(keys: readonly Key[], fpr: number, options: ReadingOptions & WhiteningConsent): void {
  const { extractor } = options
  checkExtractor(extractor)
  checkKeys(keys)
  for (const key of keys) checkKey(key, extractor.bits)
  attainableThreshold(extractor.bits, fpr, keys.length)
  checkWhitened(extractor, options)
}
