import { StableSigError } from '../errors.ts'
import type { Extractor } from '../models/extractor.ts'

/** Consent to p-values of an extractor that has no whitening layer. */
export interface WhiteningConsent {
  /**
   * Decide although the extractor is not whitened. Its bits are neither fair nor independent on plain images, so that a p-value
   * says little about a given key: false positives may be far more frequent than `fpr`. Look with `calibrate` first, or add the layer with
   * `withWhitening`. Default false.
   */
  readonly allowUnwhitened?: boolean | undefined
}

/** How a decision says what its p-value rests on. */
export interface WhiteningStated {
  /**
   * Whether the extractor had a whitening layer, on which the p-value of a given key rests: see `WhiteningConsent`. null where logits
   * were decided on and nothing is known of what gave them.
   */
  readonly whitened: boolean | null
}

/** @throws StableSigError 'not-whitened' unless the extractor is whitened or consent is given */
export function checkWhitened(
  { whitened }: Pick<Extractor, 'whitened'>,
  { allowUnwhitened = false }: WhiteningConsent,
): void {
  if (whitened || allowUnwhitened === true) return
  throw new StableSigError(
    'not-whitened',
    'The extractor has no whitening layer: its bits are neither fair nor independent on plain images, so that false positives ' +
      'can be far more frequent than a p-value says. Use a whitened one, add the layer (whiten, withWhitening), or pass ' +
      'allowUnwhitened: true once `calibrate` has shown what it does on your images',
  )
}

/** The decision with what is known of its extractor. */
export const stating = <T extends WhiteningStated>(decision: T, { whitened }: Pick<Extractor, 'whitened'>): T =>
  Object.assign(decision, { whitened: whitened === true })
