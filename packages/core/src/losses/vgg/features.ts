import { add, conv2d, div, maxPool, relu, sub, type Tensor4D, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { scope, type Weights } from '../../models/weights.ts'

/** Places of the convolutions in torchvision's vgg16.features, in groups; each but the first group begins with pooling. */
export const VGG_GROUPS: readonly (readonly number[])[] = [
  [0, 2],
  [5, 7],
  [10, 12, 14],
  [17, 19, 21],
  [24, 26, 28],
]

/** What the published losses subtract and divide by, R, G, B: ImageNet's mean and deviation for images on [-1, 1]. */
const SHIFT = [-0.03, -0.088, -0.188]
const SCALE = [0.458, 0.448, 0.45]

/** Weights of a VGG-16 up to relu5_3, named by their place in torchvision's vgg16.features: `0.weight` … `28.bias`. Any widths. */
export type VggWeights = Weights

/**
 * Features that VGG-16 (Simonyan and Zisserman 2015) has at relu1_2, relu2_2, relu3_3, relu4_3 and relu5_3.
 * @param images [N,H,W,3], in whatever range the loss takes them; sides of 16 pixels at least
 * @returns five tensors [N,H/2^i,W/2^i,C_i]
 */
export function vggFeatures(weights: VggWeights, images: Tensor4D): Tensor4D[] {
  const network = scope(weights)
  return tidy(() => {
    let x: Tensor4D = div(sub(images, tensor1d(SHIFT)), tensor1d(SCALE))
    return VGG_GROUPS.map((places, group) => {
      if (group > 0) x = maxPool(x, 2, 2, 'valid')
      for (const place of places) {
        const layer = network.at(String(place))
        x = relu(add(conv2d(x, layer.tensor<Tensor4D>('weight'), 1, 'same'), layer.tensor('bias')))
      }
      return x
    })
  })
}
