import * as tf from '@tensorflow/tfjs-core'
import type { Extractor } from '../models/extractor.ts'
import { hiddenNetwork } from '../models/hidden/extractor.ts'
import type { UnitImage } from '../signal/images.ts'

/** One convolution and a linear layer, of sizes that make every bit depend on the picture. */
export function smallExtractor(bits: number): Extractor {
  const weights = {
    'conv0.weight': tf.randomNormal([3, 3, 3, bits], 0, 1, 'float32', 1),
    'conv0.bias': tf.randomNormal([bits], 0, 1, 'float32', 2),
    'head.weight': tf.randomNormal([bits, bits], 0, 1, 'float32', 3),
    'head.bias': tf.randomNormal([bits], 0, 0.1, 'float32', 4),
  }
  const dispose = () => tf.dispose(weights)
  return { bits, network: hiddenNetwork(1, bits), whitened: true, weights, dispose }
}

/** As a caller without types gives an image: whatever it is. */
export const untyped = (image: tf.Tensor3D): UnitImage => image as UnitImage

/** Noise of a colour of its own. */
export const picture = (seed: number, height = 32, width = 40): UnitImage =>
  tf.tidy(() => {
    const noise = tf.randomUniform([height, width, 3], 0, 1, 'float32', seed)
    return untyped(tf.mul(noise, tf.randomUniform([1, 1, 3], 0, 1, 'float32', seed + 100)))
  })
