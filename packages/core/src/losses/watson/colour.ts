import { add, mul, slice, type Tensor1D, type Tensor4D, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { mapChannels } from '../../ops/map-channels.ts'

/** Rows R, G, B; columns Y, Cb, Cr. */
const FROM_RGB = [
  [0.299, -0.1687, 0.5],
  [0.587, -0.3313, -0.4187],
  [0.114, 0.5, -0.0813],
]

/** RGB [N,H,W,3] in [0, 1] -> Y, Cb, Cr [N,H,W,3]: luminance, and two differences around 0.5. */
export const rgbToYcbcr = (images: Tensor4D): Tensor4D =>
  tidy(() => add(mapChannels(images, FROM_RGB), tensor1d([0, 0.5, 0.5])))

/** Weights of Y, Cb and Cr; they sum to 1. */
export type ChannelWeights = readonly [number, number, number]

/** A distance of one-channel images, taken channel by channel of YCbCr and weighted: [N]. */
export function inColour(
  input: Tensor4D,
  target: Tensor4D,
  weights: ChannelWeights,
  distance: (channel: number, input: Tensor4D, target: Tensor4D) => Tensor1D,
): Tensor1D {
  return tidy(() => {
    const [a, b] = [rgbToYcbcr(input), rgbToYcbcr(target)]
    const [n, h, w] = a.shape
    const channel = (images: Tensor4D, i: number) => slice(images, [0, 0, 0, i], [n, h, w, 1])
    const each = weights.map((weight, i) => mul<Tensor1D>(distance(i, channel(a, i), channel(b, i)), weight))
    return each.reduce((sum, one) => add(sum, one))
  })
}
