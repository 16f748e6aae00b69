import { evaluateDecoder } from '@stablesig/core'
import { withWeights } from '@stablesig/core/models'
import type { DecoderEvaluation, PreparedImages } from '@stablesig/core/training'
import type { Weights } from '@stablesig/core/weights'
import type { Io } from '../../io.ts'
import { makeProgress } from '../../progress.ts'
import type { SignOptions } from './command.ts'
import type { SigningModels } from './models.ts'
import type { SigningPlan } from './plan.ts'

type Counts = Pick<DecoderEvaluation, 'matches' | 'total' | 'bitAccuracy' | 'psnr' | 'ssim'>

/** What held-out images say of a signed decoder. */
export interface Figures extends Counts {
  readonly images: number
  /** Their side. */
  readonly size: number
}

export const figuresOf = (
  { images, matches, total, bitAccuracy, psnr, ssim }: Counts & { readonly images: number },
  size: number,
): Figures => ({ images, size, matches, total, bitAccuracy, psnr, ssim })

/** Judges weights on the held-out images; null where there are none. */
export async function judge(
  { key, judgedAt }: SigningPlan,
  { autoencoder, extractor }: SigningModels,
  heldOut: PreparedImages,
  weights: Weights,
  { json }: SignOptions,
  io: Io,
): Promise<Figures | null> {
  if (!heldOut.length) return null
  const progress = makeProgress(heldOut.length, io, json)
  const evaluation = await evaluateDecoder({
    autoencoder,
    decoder: withWeights(autoencoder.decoder, weights),
    extractor,
    key,
    images: heldOut,
    signal: io.signal,
    onImage: ({ index, psnr }) => progress.step(index + 1, `held-out images  PSNR ${psnr.toFixed(1)} dB`),
  }).finally(() => progress.end())
  return figuresOf({ ...evaluation, images: evaluation.images.length }, judgedAt)
}
