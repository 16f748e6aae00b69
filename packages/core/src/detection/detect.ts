import { checkOptions } from '../arguments.ts'
import type { UnitImage } from '../signal/images.ts'
import type { Key } from '../signal/key.ts'
import type { CombineOptions } from './decide-together.ts'
import type { Detection, KeyDetection } from './decision.ts'
import { type DetectCall, type DetectorOptions, keyDetector, keysDetector, type TogetherDetection } from './detector.ts'
import type { Outcome } from './outcome.ts'
import type { ImageBatch } from './read-images.ts'
import { requireWanted } from './wanted.ts'

export interface DetectOptions extends DetectorOptions, DetectCall {
  /** As many bits as the extractor reads. */
  readonly key: Key
}

/**
 * Does the image carry the key? One image [H,W,3] gives its decision or throws; a batch [N,H,W,3] or a list of images gives
 * one outcome each. `createDetector` looks at its options once, for many calls.
 * @throws StableSigError as `createDetector` and its `detect`
 */
export function detect(image: UnitImage, options: DetectOptions): Promise<Detection>
export function detect(images: ImageBatch, options: DetectOptions): Promise<Outcome<Detection>[]>
export async function detect(images: UnitImage | ImageBatch, options: DetectOptions): Promise<unknown> {
  checkOptions(options, 'detect')
  requireWanted(options, 'key')
  return keyDetector(options).detect(images, options)
}

export interface DetectKeysOptions extends DetectorOptions, DetectCall {
  readonly keys: readonly Key[]
}

/** As `detect`, for several keys at once: the image is read once; one decision a key, in their order. See `SeveralKeys`. */
export function detectKeys(image: UnitImage, options: DetectKeysOptions): Promise<KeyDetection[]>
export function detectKeys(images: ImageBatch, options: DetectKeysOptions): Promise<Outcome<KeyDetection[]>[]>
export async function detectKeys(images: UnitImage | ImageBatch, options: DetectKeysOptions): Promise<unknown> {
  checkOptions(options, 'detectKeys')
  requireWanted(options, 'keys')
  return keysDetector(options).detect(images, options)
}

/** As `detectTogether` of a `KeyDetector`: one decision about several images. */
export async function detectTogether(
  images: ImageBatch,
  options: DetectOptions & CombineOptions,
): Promise<TogetherDetection> {
  checkOptions(options, 'detectTogether')
  requireWanted(options, 'key')
  return keyDetector(options).detectTogether(images, options)
}
