import { mean, type Scalar, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { type ImageLoss, mse } from './image.ts'
import { maskedDistance } from './masked.ts'
import { absoluteDistance } from './pixel.ts'
import { msSsimDistance, ssimDistance } from './ssim.ts'
import type { VggWeights } from './vgg/features.ts'
import { type LpipsHeads, lpips } from './vgg/lpips.ts'
import { type WatsonVgg, watsonVgg } from './vgg/watson-vgg.ts'
import { type WatsonDct, watsonDct } from './watson/watson-dct.ts'
import { type FourierForm, type WatsonDft, watsonDft } from './watson/watson-dft.ts'

/** A distance of two batches of images, [N,H,W,3] in [0, 1] each, differentiable by the first: one value an image, [N]. */
export type ImageDistance = (signed: Tensor4D, original: Tensor4D) => Tensor1D

/**
 * An image loss of a distance: its mean over images.
 * @param defaultWeight what it is multiplied by beside the message loss, times a recipe's `imageWeight`
 */
export const lossOf = (name: string, defaultWeight: number, distance: ImageDistance): ImageLoss => ({
  name,
  defaultWeight,
  of: (signed, original) => tidy(() => mean<Scalar>(distance(signed, original))),
})

/** Losses that need nothing but the images, by name. */
const plain = {
  mse,
  l1: () => lossOf('l1', 4, absoluteDistance),
  ssim: () => lossOf('ssim', 2, ssimDistance),
  'ms-ssim': () => lossOf('ms-ssim', 4, msSsimDistance),
  masked: () => lossOf('masked', 100, maskedDistance),
} as const

export type ImageLossName = keyof typeof plain

/** The names that `imageLoss` knows. */
export const IMAGE_LOSSES: readonly ImageLossName[] = ['mse', 'l1', 'ssim', 'ms-ssim', 'masked']

/**
 * An image loss by its name. Those with learned parameters are made of them instead: `watsonDftLoss`, `watsonDctLoss`,
 * `watsonVggLoss`, `lpipsLoss`; any other is an object of your own, or `lossOf` a distance.
 * @throws StableSigError 'bad-argument' naming those there are
 */
export function imageLoss(name: ImageLossName): ImageLoss {
  const known = IMAGE_LOSSES.find((one) => one === name)
  if (!known)
    throw new StableSigError('bad-argument', `no image loss is called ${name}; there are ${IMAGE_LOSSES.join(', ')}`)
  return plain[known]()
}

/** Watson-DFT with its learned parameters (`readWatsonDft`), as published or as its public code computes it. */
export const watsonDftLoss = (parameters: WatsonDft, form: FourierForm = 'published'): ImageLoss =>
  lossOf(form === 'published' ? 'watson-dft' : 'watson-dft-code', 0.02, (a, b) => watsonDft(a, b, parameters, form))

/** Watson-DCT with its learned parameters (`readWatsonDct`). */
export const watsonDctLoss = (parameters: WatsonDct): ImageLoss =>
  lossOf('watson-dct', 0.02, (a, b) => watsonDct(a, b, parameters))

/** Watson-VGG, the paper's own, over a VGG-16 (`readVgg`, `readWatsonVgg`); the caller keeps the weights and disposes them. */
export const watsonVggLoss = (vgg: VggWeights, parameters: WatsonVgg): ImageLoss =>
  lossOf('watson-vgg', 0.2, (a, b) => watsonVgg(a, b, vgg, parameters))

/** LPIPS over a VGG-16 (`readVgg`, `readLpipsHeads`); the caller keeps the weights and disposes them. */
export const lpipsLoss = (vgg: VggWeights, heads: LpipsHeads): ImageLoss =>
  lossOf('lpips', 2, (a, b) => lpips(a, b, vgg, heads))
