import {
  add,
  conv2d,
  div,
  lessEqual,
  maximum,
  minimum,
  mul,
  pow,
  reshape,
  sqrt,
  square,
  sub,
  type Tensor4D,
  tensor4d,
  tidy,
  where,
} from '@tensorflow/tfjs-core'
import { mapChannels } from '../ops/map-channels.ts'
import { LUMINANCE } from '../signal/images.ts'

/** Weights of the neighbours whose brightness a pixel is seen against; they sum to 32. */
const AROUND = [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 2, 0, 2, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1]
const ACROSS = [-1, 0, 1, -2, 0, 2, -1, 0, 1]
const DOWN = [-1, -2, -1, 0, 0, 0, 1, 2, 1]

/**
 * How far each pixel may be off before one sees it, as a share of full scale (Chou and Li 1995, with the contrast masking of
 * Wu et al. 2013, as watermarking uses it): with the brightness la around a pixel and the gradient g of its luminance, both on [0, 255],
 *   L = 17(1 - √(la/127)) + 3 up to 127, above it 3/128 (la - 127) + 3
 *   C = .117·16·g^2.4 / (g² + 26²)
 *   (L + C - .3 min(L, C)) / 255
 * Beyond the borders stands black. Not meant to be differentiated.
 * @param images [N,H,W,3] in [0, 1]
 * @returns [N,H,W,1], about .01 to .3
 */
export function justNoticeable(images: Tensor4D): Tensor4D {
  return tidy(() => {
    const luminance: Tensor4D = mul(
      mapChannels(
        images,
        LUMINANCE.map((weight) => [weight]),
      ),
      255,
    )
    const filtered = (weights: readonly number[]) => {
      const side = Math.sqrt(weights.length)
      return conv2d(luminance, tensor4d(Float32Array.from(weights), [side, side, 1, 1]), 1, 'same')
    }
    const around = div(filtered(AROUND), 32)
    // Colours that un-normalise to below black would give the root of a negative number.
    const dark = add(mul(sub(1, sqrt(div(maximum(around, 0), 127))), 17), 3)
    const bright = add(mul(sub(around, 127), 3 / 128), 3)
    const adaptation = where(lessEqual(around, 127), dark, bright)
    const squares = add(square(filtered(ACROSS)), square(filtered(DOWN)))
    const masking = div(mul(pow(squares, 1.2), 0.117 * 16), add(squares, 26 ** 2))
    const both = sub(add(adaptation, masking), mul(minimum(adaptation, masking), 0.3))
    return reshape(div(both, 255), luminance.shape)
  })
}
