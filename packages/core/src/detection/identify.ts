import type { Tensor3D } from '@tensorflow/tfjs-core'
import { checkOptions } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { checkExtractor } from '../models/check-models.ts'
import { eachOf } from './detect.ts'
import { checkRegistry, type Identification, type LookUpOptions, lookUp } from './look-up.ts'
import type { Outcome } from './outcome.ts'
import { attainableThreshold, DEFAULT_FPR } from './rates.ts'
import type { ImageBatch, ReadingOptions } from './read-images.ts'
import type { Registry } from './registry/registry.ts'
import { refusal } from './registry/store.ts'
import { checkWhitened, stating, type WhiteningConsent } from './whitened.ts'

export interface IdentifyOptions extends ReadingOptions, LookUpOptions, WhiteningConsent {
  readonly registry: Registry
}

/**
 * Whose key does the image carry? One image [H,W,3] gives its answer or throws; a batch [N,H,W,3] or a list of images gives
 * one outcome each. At most one user is accused, and with no more than the chance `fpr` wrongly among all of them.
 * @throws StableSigError as `detect`; 'bad-registry' where nobody is registered or the keys have another length
 */
export function identify(image: Tensor3D, options: IdentifyOptions): Promise<Identification>
export function identify(images: ImageBatch, options: IdentifyOptions): Promise<Outcome<Identification>[]>
export async function identify(
  images: Tensor3D | ImageBatch,
  options: IdentifyOptions,
): Promise<Identification | Outcome<Identification>[]> {
  checkOptions(options, 'identify')
  const { registry, extractor, fpr = DEFAULT_FPR } = options
  checkExtractor(extractor)
  checkRegistry(registry)
  checkWhitened(extractor, options)
  if (registry.bits !== extractor.bits) {
    throw new StableSigError(
      'bad-registry',
      `Expected keys of ${extractor.bits} bits, which is what the extractor reads; the registry’s have ${registry.bits}`,
    )
  }
  if (registry.size === 0) throw refusal('Nobody is registered, so nobody can be identified')
  attainableThreshold(registry.bits, fpr, registry.size)
  return eachOf(images, options, (logits) => stating(lookUp(logits, registry, options), extractor))
}
