/**
 * Autoencoders and extractors: reading them, their graphs and the pieces these are made of, models for other runtimes.
 * @module
 */
export { decode, encode, extractLogits } from '../inference/graphs.ts'
export {
  type PortableDecoderOptions,
  type PortableModel,
  type PortableTensor,
  portableDecoder,
  portableExtractor,
} from '../inference/portable.ts'
export {
  type Autoencoder,
  type DecodeOptions,
  type Family,
  joinAutoencoder,
  type LatentDecoder,
  type LatentEncoder,
  type Part,
  type Quantiser,
  type Stage,
  withWeights,
} from '../models/autoencoders/autoencoder.ts'
export {
  configForDiffusers,
  type DiffusersConfig,
  type KnownScaling,
} from '../models/autoencoders/config-for-diffusers.ts'
export {
  type ArchitectureOptions,
  type AutoencoderDescription,
  describeAutoencoder,
} from '../models/autoencoders/describe.ts'
export { type KlParts, klDecoder, klEncoder } from '../models/autoencoders/kl.ts'
export { attentionBlock, downsample, resnetBlock, upsample } from '../models/autoencoders/kl-layers.ts'
export { type KlPlan, type KlShape, klPlan, klShapes } from '../models/autoencoders/kl-plan.ts'
export { klSpellings } from '../models/autoencoders/names.ts'
export { type Quantised, quantise, quantiseStraightThrough } from '../models/autoencoders/quantise.ts'
export { randomKlDecoder, randomKlEncoder, randomKlWeights } from '../models/autoencoders/random.ts'
export {
  loadAutoencoder,
  readAutoencoder,
  readDecoder,
  readEncoder,
  readLatentScaling,
} from '../models/autoencoders/read-autoencoder.ts'
export {
  type DescribedFile,
  respellAutoencoder,
  type StoredAutoencoder,
  storedAutoencoder,
  type TargetSpelling,
} from '../models/autoencoders/respell.ts'
export { runStages } from '../models/autoencoders/stages.ts'
export {
  activationSums,
  activations,
  type Extractor,
  extractorFeatures,
  extractorLogits,
  head,
} from '../models/extractor.ts'
export type { ExtractorDescription, ExtractorOptions } from '../models/extractor-description.ts'
export type { ExtractorLayer, ExtractorNetwork } from '../models/extractor-network.ts'
export { type EmbedOptions, embed } from '../models/hidden/embed.ts'
export { hiddenBlock, hiddenResidual } from '../models/hidden/encoder.ts'
export { EXTRACTOR_NAMES, extractorName, extractorSpellings } from '../models/hidden/names.ts'
export { hiddenLogits } from '../models/hidden/network.ts'
export { byRunningStatistics, type Normalise } from '../models/normalise.ts'
export { describeExtractor, loadExtractor, readWhitening } from '../models/read-extractor.ts'
export { spreadBits, spreadLayer, weakestBit, weakestBitOfLayer } from '../models/spread.ts'
export { storedExtractor } from '../models/stored-extractor.ts'
export { type WhiteningLayer, withWhitening } from '../models/whitened.ts'
export { gelu, relu, silu, softClamp } from '../ops/activations.ts'
export { attention } from '../ops/attention.ts'
export { type BatchNormalised, batchNorm } from '../ops/batch-norm.ts'
export { requireEngine } from '../ops/engine.ts'
export { groupNorm } from '../ops/group-norm.ts'
export { spatialMean, spatialSum, sumOver } from '../ops/reduce.ts'
export { nearestUp2 } from '../ops/resize.ts'
