import * as tf from '@tensorflow/tfjs-core'

/* Operations whose gradient tfjs does not have, or has wrong. */

/** An operation that passes no gradient on: comparisons, roundings, and what tfjs has no gradient for. */
export function withoutGradient(f: (...inputs: tf.Tensor[]) => tf.Tensor): (...inputs: tf.Tensor[]) => tf.Tensor {
  return (...inputs) => {
    const shapes = inputs.map(({ shape }) => shape)
    return tf.customGrad(() => ({
      value: f(...inputs),
      gradFunc: () => shapes.map((shape) => tf.zeros(shape)),
    }))(...inputs)
  }
}

/**
 * An operation that maps each channel [h,w] of each image linearly. tfjs' CPU backend has wrong gradients of some of them: of
 * nearest resizing for more than one image, of average pooling at borders. So there the gradient is taken by differences of
 * the operation itself, which are exact for what is linear: its response to each pixel of an image makes a matrix.
 */
export function planewise(f: (x: tf.Tensor4D) => tf.Tensor4D): (x: tf.Tensor) => tf.Tensor {
  return (input) => {
    if (tf.getBackend() !== 'cpu') return f(images(input))
    const [n, h, w, c] = images(input).shape
    const flat = (t: tf.Tensor): tf.Tensor2D => {
      const size = t.shape[1]! * t.shape[2]!
      return tf.reshape(tf.transpose(t, [0, 3, 1, 2]), [n * c, size])
    }
    return tf.customGrad(() => ({
      value: f(images(input)),
      gradFunc: (dy: tf.Tensor) => {
        const pixels = tf.reshape<tf.Rank.R4>(tf.eye(h * w), [h * w, h, w, 1])
        const response = f(pixels)
        const matrix = tf.reshape<tf.Rank.R2>(response, [h * w, response.size / (h * w)])
        const dx = tf.reshape(tf.matMul(flat(dy), matrix, false, true), [n, c, h, w])
        return tf.transpose(dx, [0, 2, 3, 1])
      },
    }))(input)
  }
}

export function images(x: tf.Tensor): tf.Tensor4D {
  const [n, h, w, c] = x.shape
  return tf.reshape(x, [n!, h!, w!, c!])
}
