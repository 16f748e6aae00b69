/**
 * What signed decoders are worth: keys x images x attacks, and the figures of the field with their intervals; attacks that know the scheme.
 * @module
 */
import '../ops/gradients.ts'

export { PAPER_ATTACKS, parseAttacks } from '../evaluation/attacks.ts'
export { type ComparedPictures, comparePictures } from '../evaluation/compare-pictures.ts'
export { type EvaluationOptions, evaluate } from '../evaluation/evaluate.ts'
export { type IdentificationRate, identificationRate } from '../evaluation/identification.ts'
export { COMPRESSION_LADDERS, type CompressionLadder } from '../evaluation/ladders.ts'
export { averageDecoders, averageImages } from '../evaluation/limits/average.ts'
export { finetuneMarkAway } from '../evaluation/limits/finetune-away.ts'
export type { FinetuneAwayOptions, FinetuneAwayProgress } from '../evaluation/limits/finetune-away-options.ts'
export { type PerturbOptions, type PerturbProgress, perturbTowards } from '../evaluation/limits/perturb.ts'
export { type PurifyOptions, purifyImages } from '../evaluation/limits/purify.ts'
export { type RandomPerturbationOptions, randomPerturbation } from '../evaluation/limits/random-perturbation.ts'
export { addResidual, averageResidual } from '../evaluation/limits/residual.ts'
export {
  type EvaluationRow,
  type EvaluationSize,
  evaluationRowText,
  readEvaluationRow,
} from '../evaluation/row.ts'
export type { SignedDecoder, SignedDecoders } from '../evaluation/signed-decoders.ts'
export {
  type AttackSummary,
  type DetectionPoint,
  type DetectionRate,
  type Estimate,
  type EvaluationSummary,
  type Fidelity,
  type SummaryOptions,
  summariseEvaluation,
} from '../evaluation/summarise.ts'
