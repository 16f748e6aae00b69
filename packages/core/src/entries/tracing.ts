/**
 * Was an image made by this decoder, asked without any mark in it? Inversion, statistics of passes, calibrated p-values.
 * @module
 */
import '../ops/gradients.ts'

export { type AttributeOptions, type Attribution, attribute, type Candidate } from '../tracing/attribute.ts'
export { autoencoderHash } from '../tracing/autoencoder-hash.ts'
export {
  type BalancedOptions,
  type BalancedTerms,
  balancedTerms,
  shiftedErrors,
  TURNS,
  type Turn,
  turnedErrors,
} from '../tracing/balanced.ts'
export {
  type AttributionCalibration,
  type AttributionSet,
  type CalibrateAttributionOptions,
  calibrateAttribution,
} from '../tracing/calibrate-attribution.ts'
export { type CalibrateTracerOptions, calibrateTracer } from '../tracing/calibrate-tracer.ts'
export type { CalibrationSet, SavedFormat, TracerCalibration } from '../tracing/calibration.ts'
export { readCalibration, writeCalibration } from '../tracing/calibration-file.ts'
export {
  type CalibrateCandidatesOptions,
  type CandidatesCalibration,
  calibrateCandidates,
  calibratedCandidates,
} from '../tracing/candidates-calibration.ts'
export { readCandidatesCalibration, writeCandidatesCalibration } from '../tracing/candidates-file.ts'
export { cropToGrid, type GridOffset } from '../tracing/crop-to-grid.ts'
export type { Extrapolates, ImageFormat } from '../tracing/fitting-set.ts'
export { type GradientFree, type GradientFreeOptions, gradientFree } from '../tracing/gradient-free.ts'
export { type Inversion, type InvertedImage, invertLatent } from '../tracing/invert.ts'
export type { InvertOptions, InvertProgress, Plateau } from '../tracing/invert-options.ts'
export { type Judgement, judge, type TraceVerdict } from '../tracing/judge.ts'
export {
  balanced,
  gradientFreeExcess,
  inversion,
  type ScoreOptions,
  type TracingMethod,
  tracingMethod,
  twoPassRatio,
} from '../tracing/method.ts'
export type { PValue } from '../tracing/p-value.ts'
export { type ReconstructOptions, type Reconstructs, reconstruct } from '../tracing/reconstruct.ts'
export { residuals } from '../tracing/residual.ts'
export { excessOf, ROUNDING_ERROR } from '../tracing/rounding.ts'
export { savedImages } from '../tracing/save-images.ts'
export { type FoundGrid, type SearchGridOptions, searchGrid } from '../tracing/search-grid.ts'
export { DECOYS, specimens } from '../tracing/specimens.ts'
export { belongsBelow, scoreThreshold, THRESHOLD_RULES, type ThresholdRule } from '../tracing/thresholds.ts'
export { DEFAULT_ALPHA, type Trace, type TraceOptions, traceImage } from '../tracing/trace-image.ts'
export { type Homogeneity, homogeneity, type TwoPass, twoPass } from '../tracing/two-pass.ts'
