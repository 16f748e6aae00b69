import { type LatentDecoder, withWeights } from '../models/autoencoders/autoencoder.ts'
import { markConstants } from '../ops/hints.ts'
import { tensorsOf } from '../training/flat.ts'
import { runFinetune } from './finetune-loop.ts'
import type { FinetuneOptions } from './finetune-options.ts'
import { planFinetune } from './finetune-plan.ts'
import type { FinetuneReport } from './finetune-report.ts'

/** A signed decoder, and how it came about. */
export interface Finetuned {
  /**
   * A decoder like the autoencoder's, under the same names, whose weights are its own: `dispose()` frees them. A VQ decoder's codes
   * stay the autoencoder's, which must then outlive it.
   */
  readonly decoder: LatentDecoder
  readonly report: FinetuneReport
}

/**
 * Fine-tunes a decoder so that all it decodes carries a key: Fernandez et al. 2023, section 4.2. Encoder, original decoder
 * and extractor stay as they are; the loss is BCE(temperature · logits, key) + lambda · imageLoss(decoded, originals).
 * The same arguments on the same engine give the same decoder, and so does a run that was stopped and resumed.
 * @returns `decoder`, which the caller disposes; no other tensor is left
 * @throws StableSigError 'bad-argument', 'bad-key', 'disposed' or 'shape' before or at the first step; 'shape' or 'bad-image' naming
 *   an image by its index, before the step that it is for; 'not-finite' when the loss is lost; 'aborted'; 'bad-checkpoint' when a
 *   checkpoint is damaged or of a run with other arguments
 */
export async function finetuneDecoder(options: FinetuneOptions): Promise<Finetuned> {
  const started = performance.now()
  const plan = planFinetune(options)
  const { weights, ...run } = await runFinetune(plan)
  const { recipe, model, seed, memory } = plan
  const report: FinetuneReport = {
    ...{ recipe, imageLoss: model.imageLoss.name, lambdaImage: model.lambdaImage, seed, memory },
    ...run,
    seconds: (performance.now() - started) / 1000,
  }
  return { decoder: withWeights(model.decoder, markConstants(tensorsOf(model.layout, weights))), report }
}
