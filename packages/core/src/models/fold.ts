import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { hwio } from './layout.ts'

/** BatchNorm's epsilon in extractors and watermark encoders; PyTorch's default would be 1e-5. */
export const NORM_EPSILON = 1e-3

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
 * @throws StableSigError 'bad-weights' where a variance is negative: `name` is the file's and the norm's
 */
export function foldBatchNorm(
  conv: { readonly weight: Float32Array; readonly bias?: Float32Array },
  norm: BatchNorm,
  shape: readonly number[],
  name: string,
): Linear {
  const out = at(shape, 0)
  const each = conv.weight.length / out
  const weight = new Float32Array(conv.weight.length)
  const bias = new Float32Array(out)
  for (let o = 0; o < out; o++) {
    const s = norm.weight[o]! / Math.sqrt(norm.variance[o]! + NORM_EPSILON)
    for (let i = o * each; i < (o + 1) * each; i++) weight[i] = conv.weight[i]! * s
    bias[o] = ((conv.bias?.[o] ?? 0) - norm.mean[o]!) * s + norm.bias[o]!
  }
  if (!weight.every(Number.isFinite))
    throw new StableSigError('bad-weights', `${name}.running_var holds a negative variance`)
  return { weight: hwio(weight, shape), bias }
}

/**
 * All that follows pooling as one linear map [inputs, results], to be multiplied from the right: the linear layer [outputs, inputs],
 * sums of `redundancy` neighbours, and the whitening W [results, features] and b where given. Computed in double precision, so that
 * folding loses less than running the layers one after the other in single precision does.
 */
export function foldHead(linear: Linear, redundancy: number, whiten?: Linear): Linear {
  const outputs = linear.bias.length
  const inputs = linear.weight.length / outputs
  const features = outputs / redundancy
  // Summed rows: [features, inputs], and their biases.
  const summed = new Float64Array(features * inputs)
  const shift = new Float64Array(features)
  for (let o = 0; o < outputs; o++) {
    const f = Math.floor(o / redundancy)
    shift[f] = shift[f]! + linear.bias[o]!
    for (let i = 0; i < inputs; i++) summed[f * inputs + i] = summed[f * inputs + i]! + linear.weight[o * inputs + i]!
  }
  if (!whiten) {
    const weight = new Float32Array(inputs * features)
    for (let f = 0; f < features; f++)
      for (let i = 0; i < inputs; i++) weight[i * features + f] = summed[f * inputs + i]!
    return { weight, bias: Float32Array.from(shift) }
  }
  const results = whiten.bias.length
  const weight = new Float32Array(inputs * results)
  const bias = new Float32Array(results)
  for (let r = 0; r < results; r++) {
    const mix = whiten.weight.subarray(r * features, (r + 1) * features)
    bias[r] = mix.reduce((sum, m, f) => sum + m * shift[f]!, whiten.bias[r]!)
    for (let i = 0; i < inputs; i++) {
      let sum = 0
      for (let f = 0; f < features; f++) sum += mix[f]! * summed[f * inputs + i]!
      weight[i * results + r] = sum
    }
  }
  return { weight, bias }
}
