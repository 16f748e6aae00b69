import { add, div, mul, pow, reshape, sub, type Tensor1D, type Tensor4D, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { sameImages } from '../../metrics/same-images.ts'
import { absolute } from '../../ops/absolute.ts'
import { sumOver } from '../../ops/reduce.ts'
import { contrastMasked, EPSILON } from '../watson/masking.ts'
import { type VggWeights, vggFeatures } from './features.ts'
import { unitFeatures } from './unit-features.ts'

/** What Watson-VGG learns: for each of five layers a threshold by channel and the strength of masking; the power of pooling. */
export interface WatsonVgg {
  readonly layers: readonly { readonly thresholds: readonly number[]; readonly contrast: number }[]
  readonly beta: number
}

/**
 * Watson's masking on normalised VGG features (Czolbe et al. 2020; the image loss of Fernandez et al. 2023), one value an image:
 *   (Σ_layers Σ (|c0 - c1|/s + ε)^β + ε over channels and positions, divided by the positions)^(1/β)
 * @param input, target [N,H,W,3] in [0, 1], sides of 16 pixels at least
 */
export function watsonVgg(input: Tensor4D, target: Tensor4D, vgg: VggWeights, { layers, beta }: WatsonVgg): Tensor1D {
  sameImages('watson-vgg', input, target, 16)
  return tidy(() => {
    const [from, to] = [vggFeatures(vgg, target), vggFeatures(vgg, input)].map((all) => all.map(unitFeatures))
    const sums = layers.map(({ thresholds, contrast }, i) => {
      const [c0, c1] = [at(from, i), at(to, i)]
      const s = contrastMasked(c0, tensor1d([...thresholds]), contrast)
      const errors: Tensor4D = add(pow(add(absolute(div(sub(c0, c1), s)), EPSILON), beta), EPSILON)
      return mul<Tensor4D>(sumOver(errors, [1, 2, 3]), 1 / (c0.shape[1] * c0.shape[2]))
    })
    const total = sums.reduce((sum, one) => add(sum, one))
    return reshape(pow(total, 1 / beta), [input.shape[0]])
  })
}

function at(features: readonly Tensor4D[] | undefined, layer: number): Tensor4D {
  const found = features?.[layer]
  if (!found) throw new RangeError(`VGG has five layers of features, and parameters for layer ${layer} are given`)
  return found
}
