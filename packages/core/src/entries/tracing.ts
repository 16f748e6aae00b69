/**
 * Was an image made by this decoder, asked without any mark in it? Inversion, statistics of passes, calibrated p-values.
 * @module
 */
import '../ops/gradients.ts'

export {
  type BalancedTerms,
  balancedTerms,
  shiftedErrors,
  TURNS,
  type Turn,
  turnedErrors,
} from '../tracing/balanced.ts'
export { cropToGrid, type GridOffset } from '../tracing/crop-to-grid.ts'
export { type GradientFree, type GradientFreeOptions, gradientFree } from '../tracing/gradient-free.ts'
export { type Inversion, type InvertedImage, invertLatent } from '../tracing/invert.ts'
export type { InvertOptions, InvertProgress, Plateau } from '../tracing/invert-options.ts'
export { type ReconstructOptions, type Reconstructs, reconstruct } from '../tracing/reconstruct.ts'
export { excessOf, ROUNDING_ERROR } from '../tracing/rounding.ts'
export { belongsBelow, scoreThreshold, THRESHOLD_RULES, type ThresholdRule } from '../tracing/thresholds.ts'
export { type Homogeneity, homogeneity, type TwoPass, twoPass } from '../tracing/two-pass.ts'
