// Binomial distribution
export { binomialMass, log10LowerTail, log10UpperTail, lowerTail, upperTail } from './binomial.ts'
// Keys
export { birthdayProbability, type Collisions, exactCollisionProbability, keyCollisions } from './collision.ts'
export { decodingFailure, falseAcceptRate } from './error-correction.ts'
// False positives
export { falsePositiveRate, log10FalsePositiveRate } from './false-positive-rate.ts'
export { decideTogether, type SeveralImages } from './images.ts'
export { clopperPearson, type Interval, wilson, wilsonWithContinuity } from './interval.ts'
// Evidence
export { bitProbabilities, log10LikelihoodRatio } from './logits.ts'
export { majorityAccuracy } from './majority.ts'
export { normalQuantile } from './normal.ts'
export { overdispersedTail } from './overdispersed.ts'
export { type KeyPlan, type KeyPlanRequest, type MinKeyBitsRequest, minKeyBits, planKey } from './plan.ts'
export { poissonBinomialTails } from './poisson-binomial.ts'
export { log10BayesFactor, type Posterior, type PosteriorOfMany, posterior, posteriorOfMany } from './posterior.ts'
// True positives
export { truePositiveRate } from './power.ts'
// Samples of real numbers
export { conformalPValue, log10ExponentialTail, log10PredictiveTail, type Tail } from './predictive.ts'
export { type SampleMoments, sampleMoments } from './sample.ts'
export {
  grubbsCritical,
  grubbsStatistic,
  grubbsThreshold,
  kernelQuantile,
  sampleQuantile,
} from './sample-threshold.ts'
export { log10StudentTail, studentQuantile, studentTail } from './student.ts'
export { type ThresholdOptions, threshold } from './threshold.ts'
export { keyOrComplement, twoSidedDoubled, twoSidedSmallMass } from './two-sided.ts'
export { log10UnionFalsePositiveRate, unionBound, unionFalsePositiveRate } from './union.ts'
export { weightedTails } from './weighted.ts'
