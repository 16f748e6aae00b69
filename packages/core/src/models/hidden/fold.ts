import { at } from '../../at.ts'
import { hwio } from '../layout.ts'

/** PyTorch's BatchNorm epsilon in these networks; its default would be 1e-5. */
const EPSILON = 1e-3

interface Linear {
  readonly weight: Float32Array
  readonly bias: Float32Array
}

interface BatchNorm extends Linear {
  readonly mean: Float32Array
  readonly variance: Float32Array
}

/**
 * A convolution [O,I,3,3] followed by BatchNorm on running statistics, as one convolution in tfjs's order [3,3,I,O]:
 * with s = gamma / sqrt(variance + 1e-3), kernel·s and (bias - mean)·s + beta. Computed in double precision.
 */
export function foldBatchNorm(conv: Linear, norm: BatchNorm, shape: readonly number[]): Linear {
  const out = at(shape, 0)
  const each = conv.weight.length / out
  const weight = new Float32Array(conv.weight.length)
  const bias = new Float32Array(out)
  for (let o = 0; o < out; o++) {
    const s = norm.weight[o]! / Math.sqrt(norm.variance[o]! + EPSILON)
    for (let i = o * each; i < (o + 1) * each; i++) weight[i] = conv.weight[i]! * s
    bias[o] = (conv.bias[o]! - norm.mean[o]!) * s + norm.bias[o]!
  }
  return { weight: hwio(weight, shape), bias }
}

/**
 * All that follows pooling as one linear map [outputs, results], to be multiplied from the right: the linear layer, sums of
 * `redundancy` neighbours, and the whitening W [results, features] and b where given. Computed in double precision, so that
 * folding loses less than running the layers one after the other in single precision does.
 */
export function foldHead(linear: Linear, outputs: number, redundancy: number, whiten?: Linear): Linear {
  const features = outputs / redundancy
  // Summed rows: [features, outputs], and their biases.
  const summed = new Float64Array(features * outputs)
  const shift = new Float64Array(features)
  for (let o = 0; o < outputs; o++) {
    const f = Math.floor(o / redundancy)
    shift[f] = shift[f]! + linear.bias[o]!
    for (let i = 0; i < outputs; i++)
      summed[f * outputs + i] = summed[f * outputs + i]! + linear.weight[o * outputs + i]!
  }
  if (!whiten) {
    const weight = new Float32Array(outputs * features)
    for (let f = 0; f < features; f++)
      for (let i = 0; i < outputs; i++) weight[i * features + f] = summed[f * outputs + i]!
    return { weight, bias: Float32Array.from(shift) }
  }
  const results = whiten.bias.length
  const weight = new Float32Array(outputs * results)
  const bias = new Float32Array(results)
  for (let r = 0; r < results; r++) {
    const mix = whiten.weight.subarray(r * features, (r + 1) * features)
    bias[r] = mix.reduce((sum, m, f) => sum + m * shift[f]!, whiten.bias[r]!)
    for (let i = 0; i < outputs; i++) {
      let sum = 0
      for (let f = 0; f < features; f++) sum += mix[f]! * summed[f * outputs + i]!
      weight[i * results + r] = sum
    }
  }
  return { weight, bias }
}
