import { add, mul, rsqrt, sub, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { scope, type Weights } from './weights.ts'

/**
 * What a network does to a layer's channels: by running statistics when it is used, by the batch's own while it is trained, by a
 * bias alone where the norm has been folded into the convolution.
 */
export type Normalise = (layer: string, x: Tensor4D) => Tensor4D

/**
 * BatchNorm as networks are used: (x - running_mean) / √(running_var + epsilon) · weight + bias, by the names of PyTorch under
 * `layer`.
 */
export const byRunningStatistics = (weights: Weights, epsilon: number): Normalise => {
  const network = scope(weights)
  return (layer, x) => {
    const of = (name: string) => network.at(layer).tensor<Tensor1D>(name)
    return tidy(() => {
      const scale = mul<Tensor1D>(of('weight'), rsqrt(add(of('running_var'), epsilon)))
      return add<Tensor4D>(mul(sub(x, of('running_mean')), scale), of('bias'))
    })
  }
}
