/**
 * Fine-tuning and what it is made of: recipes, early stopping, held-out images, optimisers, schedules, checkpoints, hints to engines.
 * @module
 */
import '../ops/gradients.ts'

export { checkpointed } from '../ops/checkpointed.ts'
export { changingInput, type EngineHints, markConstant, markConstants } from '../ops/hints.ts'
export { dropTape, type Objective, type ValueAndGradients, valueAndGradients } from '../ops/value-and-gradients.ts'
export {
  type EarlyStopping,
  type EarlyStoppingReport,
  type HeldOutEvaluation,
  heldOutCount,
  heldOutPlaces,
  holdOut,
} from '../signing/early-stopping.ts'
export {
  type DecoderEvaluation,
  type EvaluateOptions,
  evaluateDecoder,
  type ImageEvaluation,
} from '../signing/evaluate-decoder.ts'
export { type Finetuned, finetuneDecoder } from '../signing/finetune.ts'
export type { FinetuneOptions, FinetunePreview } from '../signing/finetune-options.ts'
export type { FinetuneProgress, FinetuneReport } from '../signing/finetune-report.ts'
export {
  type FinetuneBatch,
  type FinetuneModel,
  type FinetuneState,
  type FinetuneStep,
  finetuneStep,
  type GradientStep,
  lossAndGradient,
  update,
} from '../signing/finetune-step.ts'
export { type FrozenBatch, FrozenWork, type FrozenWorkOptions } from '../signing/frozen-work.ts'
export {
  type ChooseKeysOptions,
  type ChosenKey,
  chooseKeys,
  type KeyEffort,
  type KeyEffortOptions,
  keyEffort,
  measureKeyEffort,
} from '../signing/key-effort.ts'
export {
  type PreparedImage,
  type PreparedImages,
  type PrepareOptions,
  prepareImages,
} from '../signing/prepared-images.ts'
export {
  PRESETS,
  type PresetName,
  type Recipe,
  type RecipeChanges,
  type RecipeOptimizer,
  recipeOf,
  recipeSchedule,
  type UsedRecipe,
} from '../signing/recipes.ts'
export { type SelfTest, type SelfTestOptions, selfTest } from '../signing/self-test.ts'
export type { SigningAttacks } from '../signing/signing-attacks.ts'
export {
  type CheckpointStore,
  type ExpectedCheckpoint,
  readCheckpoint,
  type Snapshot,
  type StoredRun,
  writeCheckpoint,
} from '../training/checkpoint.ts'
export { type FlatLayout, type FlatVector, flatLayout, flatten, tensorsOf, unflatten } from '../training/flat.ts'
export { type FlatOptimizer, type FlatState, flatOptimizer } from '../training/flat-optimizer.ts'
export { checkedImages, checkImageSet, type ImageSet } from '../training/image-set.ts'
export { type MuonOptions, muon } from '../training/muon.ts'
export {
  type Optimizer,
  type OptimizerState,
  type OptimizerStep,
  type OptimizerUpdate,
  zeroState,
} from '../training/optimizer.ts'
export { type AdamOptions, adam, adamW, type LambOptions, lamb, type SgdOptions, sgd } from '../training/optimizers.ts'
export { type BatchOrder, batchOrder } from '../training/order.ts'
export {
  halving,
  type PretrainSchedule,
  pretrainCosine,
  type Schedule,
  type WarmupCosine,
  warmupCosine,
} from '../training/schedules.ts'
export type { StepMemory, StepMemoryOptions } from '../training/step-memory.ts'
export type { AttackMix } from '../transforms/per-image/draw-attacks.ts'
