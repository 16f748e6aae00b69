import { decode } from '../inference/graphs.ts'
import { countMatches, readBits } from '../metrics/bits.ts'
import { psnr } from '../metrics/psnr.ts'
import type { Extractor } from '../models/extractor.ts'
import type { Weights } from '../models/weights.ts'
import type { Key } from '../signal/key.ts'
import type { EarlyStoppingPlan, EarlyStoppingReport, HeldOutEvaluation, Target } from './early-stopping.ts'
import { logitsOf, similarityOf } from './pictures.ts'
import { signedPicture } from './prepared-images.ts'

/** Images from this one on may rule a PSNR out, by their mean and scatter. */
const ENOUGH_FOR_A_MEAN = 6
const STANDARD_ERRORS = 4

/** Held-out images that are evaluated again and again while a decoder is trained, and what came of it. */
export class HeldOut {
  readonly #plan: EarlyStoppingPlan
  readonly #models: { readonly extractor: Extractor; readonly key: Key }
  readonly #recipeSteps: number
  readonly #signal: AbortSignal | undefined
  readonly #evaluations: HeldOutEvaluation[] = []
  #seconds = 0

  constructor(
    plan: EarlyStoppingPlan,
    models: { readonly extractor: Extractor; readonly key: Key },
    recipeSteps: number,
    signal: AbortSignal | undefined,
  ) {
    this.#plan = plan
    this.#models = models
    this.#recipeSteps = recipeSteps
    this.#signal = signal
  }

  /** Whether they are evaluated after so many steps. */
  isDue(step: number): boolean {
    const { evaluateEvery, evaluateFrom, maxSteps } = this.#plan
    return step === maxSteps || (step >= evaluateFrom && (this.#recipeSteps - step) % evaluateEvery === 0)
  }

  /**
   * Bits and PSNR of these weights, as `evaluateDecoder` counts them. But after the last step, it ends as soon as the target is out
   * of reach: more bits are wrong already than may be, or the mean PSNR is lower by four standard errors.
   * @param weights called inside a tidy, and so as often as there are images
   */
  async evaluate(weights: () => Weights, step: number): Promise<'reached' | 'not reached' | 'aborted'> {
    const before = performance.now()
    const evaluation = await this.#evaluation(weights, step)
    this.#seconds += (performance.now() - before) / 1000
    if (!evaluation) return 'aborted'
    this.#evaluations.push(evaluation)
    this.#plan.onEvaluation?.(evaluation)
    return evaluation.reached ? 'reached' : 'not reached'
  }

  report(): EarlyStoppingReport {
    const last = this.#evaluations.at(-1)
    return {
      reached: last?.reached ?? false,
      step: last?.reached ? last.step : null,
      evaluations: this.#evaluations,
      seconds: this.#seconds,
    }
  }

  /** null when the signal fired */
  async #evaluation(weights: () => Weights, step: number): Promise<HeldOutEvaluation | null> {
    const { heldOut, target, maxSteps } = this.#plan
    const { extractor, key } = this.#models
    const mayBeWrong = heldOut.length * key.length * (1 - target.minBitAccuracy) + 1e-9
    const distances: number[] = []
    const similarities: number[] = []
    let matches = 0
    for (let index = 0; index < heldOut.length; index++) {
      if (this.#signal?.aborted) return null
      const name = `held-out image ${index} (of ${heldOut.length}, from 0)`
      const image = await heldOut.prepare(index)
      const signed = await signedPicture(image, (latents) => decode(heldOut.autoencoder, latents, weights()), name)
      distances.push(psnr(signed.bytes, image.original.bytes))
      similarities.push(await similarityOf(signed, image.original))
      matches += countMatches(readBits(await logitsOf(extractor, signed), { name }), key)
      const wrong = distances.length * key.length - matches
      if (step !== maxSteps && (wrong > mayBeWrong || outOfReach(distances, target))) break
    }
    const total = distances.length * key.length
    const figures = { matches, total, bitAccuracy: matches / total, psnr: mean(distances), ssim: mean(similarities) }
    const all = distances.length === heldOut.length
    // Counted in bits: a share may miss its equal by rounding.
    const reached = all && total - matches <= mayBeWrong && figures.psnr >= target.minPsnr
    return { step, images: distances.length, ...figures, reached }
  }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

function outOfReach(distances: readonly number[], { minPsnr }: Target): boolean {
  if (distances.length < ENOUGH_FOR_A_MEAN) return false
  const middle = mean(distances)
  const variance = distances.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (distances.length - 1)
  return middle + STANDARD_ERRORS * Math.sqrt(variance / distances.length) < minPsnr
}
