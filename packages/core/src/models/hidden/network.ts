import { add, matMul, reshape, sum, type Tensor1D, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core'
import { spatialMean } from '../../ops/reduce.ts'
import type { ImageNetImages } from '../../signal/images.ts'
import type { Normalise } from '../normalise.ts'
import { scope, type Weights } from '../weights.ts'
import { hiddenBlock } from './encoder.ts'

/**
 * HiDDeN's extractor as it is trained, its norms apart from its convolutions: blocks, the mean over positions, a linear layer,
 * and sums of `redundancy` neighbours, a logit each. `Extractor` is the same with norms folded in, for use.
 * The caller's scope disposes what is made on the way: what normalises may have statistics of the batch to keep.
 * @param weights by PyTorch's names: layers.{i}.layers.{0,1}, linear
 * @param images [N,H,W,3]
 * @returns [N,bits]
 */
export function hiddenLogits(
  weights: Weights,
  images: ImageNetImages,
  redundancy: number,
  normalise: Normalise,
): Tensor2D {
  const network = scope(weights)
  let x: Tensor4D = images
  for (let i = 0; network.has(`layers.${i}`); i++) x = hiddenBlock(network, `layers.${i}`, x, normalise)
  const linear = network.at('linear')
  const outputs = add<Tensor2D>(
    matMul(spatialMean(x), linear.tensor<Tensor2D>('weight'), false, true),
    linear.tensor<Tensor1D>('bias'),
  )
  return sum<Tensor2D>(reshape(outputs, [images.shape[0], -1, redundancy]), 2)
}
