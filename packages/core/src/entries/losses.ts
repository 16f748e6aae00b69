/**
 * What training makes small: message losses, image losses and the distances behind them.
 * @module
 */
import '../ops/gradients.ts'

export { type ImageLoss, mse } from '../losses/image.ts'
export { LEARNED_LOSSES, type LearnedLoss, type LearnedLossName, readLearnedLoss } from '../losses/learned.ts'
export { maskedDistance, visibility } from '../losses/masked.ts'
export { messageCosine, messageLoss, messageSquares } from '../losses/message.ts'
export {
  IMAGE_LOSSES,
  type ImageDistance,
  type ImageLossName,
  imageLoss,
  lossOf,
  lpipsLoss,
  watsonDctLoss,
  watsonDftLoss,
  watsonVggLoss,
} from '../losses/named.ts'
export { absoluteDistance, squaredDistance } from '../losses/pixel.ts'
export { msSsimDistance, ssimDistance } from '../losses/ssim.ts'
export { VGG_GROUPS, type VggWeights, vggFeatures } from '../losses/vgg/features.ts'
export { type LpipsHeads, lpips, lpipsLayers } from '../losses/vgg/lpips.ts'
export { readLpipsHeads, readVgg, readWatsonVgg } from '../losses/vgg/read.ts'
export { type WatsonVgg, watsonVgg } from '../losses/vgg/watson-vgg.ts'
export { BLOCK, type BlockSpectrum, blockCosine, blockFourier, blockRowFourier } from '../losses/watson/blocks.ts'
export { type ChannelWeights, inColour, rgbToYcbcr } from '../losses/watson/colour.ts'
export { readMasking, readPhaseMasking, readWatsonDct, readWatsonDft } from '../losses/watson/read.ts'
export { shiftedWindow } from '../losses/watson/shifted-window.ts'
export { type WatsonDct, watsonDct, watsonDctOf } from '../losses/watson/watson-dct.ts'
export {
  type FourierForm,
  type PhaseMasking,
  type WatsonDft,
  watsonDft,
  watsonDftOf,
} from '../losses/watson/watson-dft.ts'
