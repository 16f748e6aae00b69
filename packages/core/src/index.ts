// One line a room: `export * from './room/file.ts'` for every public function, grouped in the order of the rooms.

export { abortedError } from './aborted.ts'
export { badArgument } from './arguments.ts'
export * from './errors.ts'
export * from './models/weights.ts'
export { asUnitImages } from './signal/as-unit-images.ts'
export * from './signal/bytes.ts'
export {
  IMAGENET_MEAN,
  IMAGENET_STD,
  type ImageNetImages,
  type Images,
  imageNetToUnit,
  type SignedImages,
  signedToUnit,
  type UnitImage,
  type UnitImages,
  unitToImageNet,
  unitToSigned,
} from './signal/images.ts'
export * from './signal/key.ts'
export type { PixelImage } from './signal/pixel-image.ts'

import './ops/gradients.ts'

export * from './detection/calibrate.ts'
export * from './detection/decide.ts'
export {
  type Combine,
  type CombinedDetection,
  type CombineOptions,
  type DecideTogetherOptions,
  decideTogether,
} from './detection/decide-together.ts'
export {
  createDecider,
  type Decider,
  type DeciderOptions,
  type DecisionOptions,
  type ExtractorTraits,
} from './detection/decider.ts'
export * from './detection/decision.ts'
export * from './detection/detect.ts'
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
} from './detection/detector.ts'
export * from './detection/identify.ts'
export type { Outcome } from './detection/outcome.ts'
export { DEFAULT_FPR } from './detection/rates.ts'
export { type ImageBatch, type ReaderOptions, type ReadingOptions, readLogits } from './detection/read-images.ts'
export type { Reading } from './detection/reading.ts'
export { type ReadRegistryOptions, type RegistryText, readRegistry } from './detection/registry/read-registry.ts'
export { type NearestUsers, Registry, type UserMatch } from './detection/registry/registry.ts'
export type { AmongUsers, OneKey, SeveralKeys, Wanted } from './detection/wanted.ts'
export type { WhiteningConsent, WhiteningStated } from './detection/whitened.ts'
export * from './inference/graphs.ts'
export * from './inference/latents/decode-latents.ts'
export * from './inference/latents/encode-images.ts'
export * from './inference/latents/latent-array.ts'
export * from './inference/portable.ts'
export * from './inference/tiling/padding.ts'
export * from './inference/tiling/tiled.ts'
export type { TileOptions, TileProgress } from './inference/tiling/tiles.ts'
export * from './losses/image.ts'
export * from './losses/masked.ts'
export * from './losses/message.ts'
export * from './losses/named.ts'
export * from './losses/pixel.ts'
export * from './losses/ssim.ts'
export * from './losses/vgg/features.ts'
export * from './losses/vgg/lpips.ts'
export * from './losses/vgg/read.ts'
export * from './losses/vgg/watson-vgg.ts'
export * from './losses/watson/blocks.ts'
export * from './losses/watson/colour.ts'
export * from './losses/watson/read.ts'
export * from './losses/watson/watson-dct.ts'
export * from './losses/watson/watson-dft.ts'
export * from './metrics/bits.ts'
export * from './metrics/just-noticeable.ts'
export * from './metrics/max-difference.ts'
export * from './metrics/ms-ssim.ts'
export * from './metrics/psnr.ts'
export * from './metrics/psnr-of-images.ts'
export * from './metrics/ssim.ts'
export * from './models/autoencoders/autoencoder.ts'
export {
  configForDiffusers,
  type DiffusersConfig,
  type KnownScaling,
} from './models/autoencoders/config-for-diffusers.ts'
export {
  type ArchitectureOptions,
  type AutoencoderDescription,
  describeAutoencoder,
} from './models/autoencoders/describe.ts'
export * from './models/autoencoders/gaussian.ts'
export * from './models/autoencoders/generators.ts'
export { type KlParts, klDecoder, klEncoder } from './models/autoencoders/kl.ts'
export {
  attentionBlock,
  downsample,
  resnetBlock,
  upsample,
} from './models/autoencoders/kl-layers.ts'
export { type KlPlan, type KlShape, klPlan, klShapes } from './models/autoencoders/kl-plan.ts'
export { latentScaling } from './models/autoencoders/known-latents.ts'
export * from './models/autoencoders/latent-bytes.ts'
export * from './models/autoencoders/latents.ts'
export { klSpellings } from './models/autoencoders/names.ts'
export * from './models/autoencoders/quantise.ts'
export * from './models/autoencoders/random.ts'
export * from './models/autoencoders/read-autoencoder.ts'
export * from './models/autoencoders/respell.ts'
export * from './models/autoencoders/stages.ts'
export * from './models/hidden/embed.ts'
export * from './models/hidden/encoder.ts'
export * from './models/hidden/extractor.ts'
export * from './models/hidden/names.ts'
export * from './models/hidden/network.ts'
export { describeExtractor, type ExtractorDescription, type ExtractorOptions } from './models/hidden/plan.ts'
export * from './models/hidden/whitened.ts'
export * from './models/layout.ts'
export * from './models/normalise.ts'
export * from './models/stored.ts'
export * from './ops/activations.ts'
export * from './ops/attention.ts'
export * from './ops/batch-norm.ts'
export { checkpointed } from './ops/checkpointed.ts'
export * from './ops/engine.ts'
export * from './ops/group-norm.ts'
export { changingInput, type EngineHints, markConstant, markConstants } from './ops/hints.ts'
export * from './ops/reduce.ts'
export * from './ops/resize.ts'
export * from './ops/shifted-window.ts'
export * from './ops/value-and-gradients.ts'
export { type AutoencoderArchitecture, SMALL_AUTOENCODER } from './pretraining/autoencoder-architecture.ts'
export * from './pretraining/autoencoder-checkpoint.ts'
export { CURRICULUM, type Curriculum, type CurriculumOptions } from './pretraining/curriculum.ts'
export * from './pretraining/eigen.ts'
export { pairInCheckpoint } from './pretraining/pair-tensors.ts'
export * from './pretraining/pixel-set.ts'
export * from './pretraining/pretrain.ts'
export * from './pretraining/train-autoencoder.ts'
export * from './pretraining/whiten.ts'
export {
  type EarlyStopping,
  type EarlyStoppingReport,
  type HeldOutEvaluation,
  heldOutCount,
  heldOutPlaces,
  holdOut,
} from './signing/early-stopping.ts'
export * from './signing/evaluate-decoder.ts'
export * from './signing/finetune.ts'
export type { FinetuneOptions } from './signing/finetune-options.ts'
export type { FinetuneProgress, FinetuneReport } from './signing/finetune-report.ts'
export * from './signing/finetune-step.ts'
export * from './signing/frozen-work.ts'
export {
  type PreparedImage,
  type PreparedImages,
  type PrepareOptions,
  prepareImages,
} from './signing/prepared-images.ts'
export * from './signing/recipes.ts'
export * from './training/checkpoint.ts'
export * from './training/flat.ts'
export * from './training/flat-optimizer.ts'
export { checkedImages, checkImageSet, type ImageSet } from './training/image-set.ts'
export * from './training/muon.ts'
export {
  type Optimizer,
  type OptimizerState,
  type OptimizerStep,
  type OptimizerUpdate,
  zeroState,
} from './training/optimizer.ts'
export * from './training/optimizers.ts'
export * from './training/order.ts'
export * from './training/schedules.ts'
export type { StepMemory, StepMemoryOptions } from './training/step-memory.ts'
export * as transforms from './transforms/index.ts'
