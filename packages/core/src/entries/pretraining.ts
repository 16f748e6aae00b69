/**
 * Models from scratch: a latent autoencoder, a watermark encoder with its extractor, whitening.
 * @module
 */
import '../ops/gradients.ts'

export { type Eigen, symmetricEigen } from '../ops/eigen.ts'
export { type AutoencoderArchitecture, SMALL_AUTOENCODER } from '../pretraining/autoencoder-architecture.ts'
export { autoencoderInCheckpoint } from '../pretraining/autoencoder-checkpoint.ts'
export { CURRICULUM, type Curriculum, type CurriculumOptions } from '../pretraining/curriculum.ts'
export { type HiddenArchitecture, hiddenArchitecture } from '../pretraining/hidden-architecture.ts'
export { hiddenInCheckpoint } from '../pretraining/hidden-groups.ts'
export { type HiddenModel, type HiddenState, type HiddenStep, hiddenStep } from '../pretraining/hidden-step.ts'
export type { BitsByAttack } from '../pretraining/messages.ts'
export { pairInCheckpoint } from '../pretraining/pair-tensors.ts'
export type { PixelSet } from '../pretraining/pixel-set.ts'
export { type PretrainedPair, type PretrainOptions, type PretrainProgress, pretrain } from '../pretraining/pretrain.ts'
export {
  type PretrainedHidden,
  type PretrainHiddenOptions,
  type PretrainHiddenProgress,
  pretrainHidden,
} from '../pretraining/pretrain-hidden.ts'
export {
  type AutoencoderProgress,
  type TrainAutoencoderOptions,
  type TrainedAutoencoder,
  trainAutoencoder,
} from '../pretraining/train-autoencoder.ts'
export { type Whitening, type WhitenOptions, whiten } from '../pretraining/whiten.ts'
