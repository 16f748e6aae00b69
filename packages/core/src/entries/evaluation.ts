/**
 * What signed decoders are worth: keys x images x attacks, and the figures of the field with their intervals.
 * @module
 */
import '../ops/gradients.ts'

export { PAPER_ATTACKS } from '../evaluation/attacks.ts'
export { type ComparedPictures, comparePictures } from '../evaluation/compare-pictures.ts'
export { type EvaluationOptions, evaluate } from '../evaluation/evaluate.ts'
export { type IdentificationRate, identificationRate } from '../evaluation/identification.ts'
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
