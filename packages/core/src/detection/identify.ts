import { checkOptions } from '../arguments.ts'
import type { UnitImage } from '../signal/images.ts'
import type { Identification } from './decision.ts'
import { type DetectCall, type DetectorOptions, registryDetector } from './detector.ts'
import type { Outcome } from './outcome.ts'
import type { ImageBatch } from './read-images.ts'
import { type AmongUsers, requireWanted } from './wanted.ts'

export interface IdentifyOptions extends DetectorOptions, DetectCall, AmongUsers {}

/**
 * Whose key does the image carry? One image [H,W,3] gives its answer or throws; a batch [N,H,W,3] or a list of images gives
 * one outcome each. At most one user is accused, and with no more than the chance `fpr` wrongly among all of them.
 * @throws StableSigError as `createDetector` and its `identify`; 'bad-registry' where nobody is registered
 */
export function identify(image: UnitImage, options: IdentifyOptions): Promise<Identification>
export function identify(images: ImageBatch, options: IdentifyOptions): Promise<Outcome<Identification>[]>
export async function identify(images: UnitImage | ImageBatch, options: IdentifyOptions): Promise<unknown> {
  checkOptions(options, 'identify')
  requireWanted(options, 'registry')
  return registryDetector(options).identify(images, options)
}
