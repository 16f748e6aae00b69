import { depthwiseConv2d, type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { at } from '../at.ts'

/**
 * Weighted mean over the window around each position, channel by channel: x [N,H,W,C] -> [N,H,W,C] with zeros beyond the borders
 * ('same'), or [N,H-k+1,W-k+1,C] of the windows that lie wholly inside ('valid').
 * @param down k weights that sum to 1, from the uppermost row of a window
 * @param across likewise from its leftmost column; the window is the outer product of both
 */
export function windowMean(
  x: Tensor4D,
  down: readonly number[],
  padding: 'same' | 'valid',
  across: readonly number[] = down,
): Tensor4D {
  const channels = x.shape[3]
  const filter = (weights: readonly number[], height: number, width: number) =>
    tensor4d(
      Float32Array.from({ length: weights.length * channels }, (_, i) => at(weights, Math.floor(i / channels))),
      [height, width, channels, 1],
    )
  return tidy(() => {
    const rows = depthwiseConv2d(x, filter(down, down.length, 1), 1, padding)
    return depthwiseConv2d(rows, filter(across, 1, across.length), 1, padding)
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
