import { add, mul, type Tensor4D, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { justNoticeable } from '../../metrics/just-noticeable.ts'
import { type ImageNetImages, imageNetToUnit, LUMINANCE } from '../../signal/images.ts'

export interface EmbedOptions {
  /** What the residual is multiplied by. The paper's: 0.3. */
  readonly residualScale?: number
  /** What the image is multiplied by. The paper's: 1. */
  readonly imageScale?: number
  /** Whether the residual is multiplied by what is just not noticed at each place (`justNoticeable`). */
  readonly attenuate?: boolean
  /** Whether its channels are multiplied by 1 / (4.6 · luminance): blue is seen least. */
  readonly scaleChannels?: boolean
}

/**
 * Images with a residual on them, in the extractor's normalised range and not clamped: imageScale · x + residualScale · delta.
 * @param images, delta [N,H,W,3]
 */
export function embed(
  images: ImageNetImages,
  delta: Tensor4D,
  { residualScale = 0.3, imageScale = 1, attenuate = false, scaleChannels = false }: EmbedOptions = {},
): ImageNetImages {
  return tidy(() => {
    const coloured: Tensor4D = scaleChannels
      ? mul(delta, tensor1d(LUMINANCE.map((weight) => 1 / (4.6 * weight))))
      : delta
    const attenuated: Tensor4D = attenuate ? mul(coloured, justNoticeable(imageNetToUnit(images))) : coloured
    return add(mul(images, imageScale), mul(attenuated, residualScale)) as ImageNetImages
  })
}
