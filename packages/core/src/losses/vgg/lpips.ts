import {
  conv2d,
  mul,
  type Rank,
  reshape,
  square,
  stack,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core'
import { sameImages } from '../../metrics/same-images.ts'
import { spatialMean } from '../../ops/reduce.ts'
import { type VggWeights, vggFeatures } from './features.ts'
import { unitFeatures } from './unit-features.ts'

/** For each of five layers the weight of each channel, [1,1,C,1]. */
export type LpipsHeads = Tensor4D[]

/**
 * LPIPS v0.1 over VGG-16 (Zhang et al. 2018), one value an image: squared differences of normalised features, weighted by channel,
 * their means over positions summed over layers.
 * @param a, b [N,H,W,3] in [0, 1], sides of 16 pixels at least
 */
export const lpips = (a: Tensor4D, b: Tensor4D, vgg: VggWeights, heads: LpipsHeads): Tensor1D =>
  tidy(() => sum<Tensor1D>(lpipsLayers(a, b, vgg, heads), 1))

/** The five terms, [N,5]. */
export function lpipsLayers(a: Tensor4D, b: Tensor4D, vgg: VggWeights, heads: LpipsHeads): Tensor2D {
  sameImages('lpips', a, b, 16)
  return tidy(() => {
    // The network of LPIPS takes images on [-1, 1].
    const features = (images: Tensor4D) => vggFeatures(vgg, sub(mul(images, 2), 1)).map(unitFeatures)
    const [from, to] = [features(a), features(b)]
    const terms = heads.map((head, i) => {
      const [x, y] = [from[i], to[i]]
      if (!x || !y) throw new RangeError(`VGG has five layers of features, and a head for layer ${i} is given`)
      return reshape(spatialMean(conv2d(square<Tensor4D>(sub(x, y)), head, 1, 'valid')), [a.shape[0]])
    })
    return reshape<Rank.R2>(stack(terms, 1), [a.shape[0], heads.length])
  })
}
