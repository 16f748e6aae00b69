import { depthwiseConv2d, type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core'

/**
 * Weighted mean over the window around each position, channel by channel: x [N,H,W,C] -> [N,H,W,C] with zeros beyond the borders
 * ('same'), or [N,H-k+1,W-k+1,C] of the windows that lie wholly inside ('valid').
 * @param row k weights that sum to 1; the window is their outer product with themselves
 */
export function windowMean(x: Tensor4D, row: readonly number[], padding: 'same' | 'valid'): Tensor4D {
  const channels = x.shape[3]
  const k = row.length
  return tidy(() => {
    const weights = Float32Array.from({ length: k * channels }, (_, i) => row[Math.floor(i / channels)] ?? Number.NaN)
    const down = depthwiseConv2d(x, tensor4d(weights, [k, 1, channels, 1]), 1, padding)
    return depthwiseConv2d(down, tensor4d(weights, [1, k, channels, 1]), 1, padding)
  })
}

/** `size` equal weights. */
export const uniformRow = (size: number): readonly number[] => Array.from({ length: size }, () => 1 / size)

/** e^(-d²/2σ²) at the distances d from the middle of `size`, scaled to a sum of 1. */
export function gaussianRow(size: number, sigma: number): readonly number[] {
  const row = Array.from({ length: size }, (_, i) => Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * sigma ** 2)))
  const sum = row.reduce((a, b) => a + b, 0)
  return row.map((weight) => weight / sum)
}
