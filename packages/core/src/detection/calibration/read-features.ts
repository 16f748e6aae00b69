import { concat, type Tensor2D, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'
import { checkExtractor } from '../../models/check-models.ts'
import { type Extractor, head, pooledActivations } from '../../models/extractor.ts'
import { type UnitImages, unitToImageNet } from '../../signal/images.ts'
import { EXTENT, extent, refuse, refuseSize } from '../decidable.ts'
import { failed, type Outcome, succeeded } from '../outcome.ts'

/** What an extractor reads of one image, whitened and not. */
export interface ReadFeatures {
  /** [bits] */
  readonly logits: Float32Array
  /** [features] what the network gave before it was whitened; the logits where it is not. */
  readonly features: Float32Array
}

/**
 * Reads images [N,H,W,3] that fit in memory at once, for calibration and whitening.
 * @returns of each, or why it cannot be decided on
 * @throws StableSigError 'no-decision' where they are too small; 'bad-argument', 'disposed'
 */
export async function readFeatures(images: UnitImages, extractor: Extractor): Promise<Outcome<ReadFeatures>[]> {
  checkExtractor(extractor)
  const [, height, width] = images.shape
  const tooSmall = refuseSize(height, width)
  if (tooSmall) throw new StableSigError(tooSmall.code, tooSmall.message)
  const table = tidy(() => {
    const pooled = pooledActivations(extractor, unitToImageNet(images))
    const columns: Tensor2D[] = [extent(images), head(extractor, pooled)]
    if (extractor.whitened) columns.push(head(extractor, pooled, 'features'))
    return concat(columns, 1)
  })
  try {
    const values = await table.data<'float32'>()
    const [count, columns] = table.shape
    return Array.from({ length: count }, (_, i) => {
      const row = values.slice(i * columns, (i + 1) * columns)
      const refusal = refuse(row.subarray(0, EXTENT))
      if (refusal) return failed<ReadFeatures>(refusal)
      const logits = row.slice(EXTENT, EXTENT + extractor.bits)
      return succeeded({ logits, features: extractor.whitened ? row.slice(EXTENT + extractor.bits) : logits })
    })
  } finally {
    table.dispose()
  }
}
