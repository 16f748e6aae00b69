import { grubbsThreshold, kernelQuantile, sampleQuantile } from '@stablesig/stats'
import { checkOneOf } from '../arguments.ts'

/**
 * How papers set the score above which an image counts as foreign, from belonging images alone: LatentTracer's code takes a number by
 * hand, its paper speaks of a quantile and of Grubbs' test; AEDR takes the quantile of a smoothed sample. None of them states a rate of
 * foreign images that pass: `traceImage` does.
 */
export const THRESHOLD_RULES = {
  quantile: (scores: readonly number[], alpha: number) => sampleQuantile(scores, 1 - alpha),
  grubbs: grubbsThreshold,
  kde: (scores: readonly number[], alpha: number) => kernelQuantile(scores, 1 - alpha),
} as const

export type ThresholdRule = keyof typeof THRESHOLD_RULES

/**
 * The score above which an image counts as foreign.
 * @param scores of belonging images, low means belongs
 * @param alpha share of belonging images that may be missed, (0,1)
 * @throws StableSigError 'bad-argument' for an unknown rule; RangeError for too few scores
 */
export function scoreThreshold(rule: ThresholdRule, scores: readonly number[], alpha: number): number {
  checkOneOf(rule, 'rule', Object.keys(THRESHOLD_RULES))
  return THRESHOLD_RULES[rule](scores, alpha)
}

/** LatentTracer's decision: belongs where the score is below the threshold. */
export const belongsBelow = (score: number, threshold: number): boolean => score < threshold
