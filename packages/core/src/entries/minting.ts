/**
 * One network that makes a signed decoder of any key, for one autoencoder and one extractor: training it, and minting with it.
 * @module
 */
import '../ops/gradients.ts'

export { type MinterArchitecture, minterShapes } from '../minting/architecture.ts'
export { conditionDecoder, mint } from '../minting/mint.ts'
export {
  checkDecoderHash,
  checkMintersDecoder,
  checkMintersExtractor,
  keyScales,
  type Minter,
} from '../minting/minter.ts'
export { describeMinter, isMinter, readMinter, storedMinter, writeMinter } from '../minting/minter-file.ts'
export {
  MINTER_RECIPE,
  type MinterRecipe,
  type MinterRecipeChanges,
  type TrainMinterOptions,
} from '../minting/minter-options.ts'
export type { MinterCurriculum, MinterProgress, RunningMeans } from '../minting/minter-progress.ts'
export { networkHash, storedNetworkHash } from '../minting/network-hash.ts'
export { type ConditionedConvolution, type MintingPlan, mintingPlan } from '../minting/plan.ts'
export { type TrainedMinter, trainMinter } from '../minting/train-minter.ts'
export { type MinterFrame, type MinterParts, minterInCheckpoint, untrainedMinter } from '../minting/trained-parts.ts'
