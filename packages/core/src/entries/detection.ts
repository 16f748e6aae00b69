/**
 * Is a key there, whose is it, and with what probability by chance: detectors, decisions on logits, registries, calibration.
 * @module
 */
export { type Calibration, calibrate } from '../detection/calibrate.ts'
export {
  DEFAULT_RATES,
  type FalsePositives,
  type FalsePositivesOptions,
  falsePositives,
} from '../detection/calibration/false-positives.ts'
export { type KeySpread, keySpread, rateInflation } from '../detection/calibration/key-spread.ts'
export { type ReadFeatures, readFeatures } from '../detection/calibration/read-features.ts'
export { cutTiles } from '../detection/cut-tiles.ts'
export { decide, decideBest } from '../detection/decide.ts'
export {
  type Combine,
  type CombinedDetection,
  type CombineOptions,
  type DecideTogetherOptions,
  decideTogether,
} from '../detection/decide-together.ts'
export {
  createDecider,
  type Decider,
  type DeciderOptions,
  type DecisionOptions,
  type ExtractorTraits,
} from '../detection/decider.ts'
export type { Best, BestReading, Detection, Identification, KeyDetection, Searched } from '../detection/decision.ts'
export { type DetectKeysOptions, type DetectOptions, detect, detectKeys, detectTogether } from '../detection/detect.ts'
export {
  createDetector,
  type DecideImages,
  type DetectCall,
  type DetectorOptions,
  type KeyDetector,
  type KeysDetector,
  type RegistryDetector,
  type TogetherDetection,
  type Undecided,
} from '../detection/detector.ts'
export { type IdentifyOptions, identify } from '../detection/identify.ts'
export type { Outcome } from '../detection/outcome.ts'
export { DEFAULT_FPR } from '../detection/rates.ts'
export { type ImageBatch, type ReaderOptions, type ReadingOptions, readLogits } from '../detection/read-images.ts'
export type { Reading } from '../detection/reading.ts'
export { type ReadRegistryOptions, type RegistryText, readRegistry } from '../detection/registry/read-registry.ts'
export { type HeaviestUser, type NearestUsers, Registry, type UserMatch } from '../detection/registry/registry.ts'
export { type Candidate, type Search, type SearchGrid, STANDARD_SEARCH, type Window } from '../detection/search/grid.ts'
export { type ReadCandidates, readCandidates, type SearchingOptions } from '../detection/search/read-candidates.ts'
export { stateSearch } from '../detection/search/searched.ts'
export { DEFAULT_RELIABILITY, fitReliability, type Reliability } from '../detection/soft/reliability.ts'
export {
  type SoftDetection,
  type SoftIdentification,
  type SoftOptions,
  softDecide,
  softIdentify,
} from '../detection/soft/soft-decide.ts'
export type { AmongUsers, OneKey, SeveralKeys, Wanted } from '../detection/wanted.ts'
export type { WhiteningConsent, WhiteningStated } from '../detection/whitened.ts'
