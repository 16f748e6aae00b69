import * as tf from '@tensorflow/tfjs-core'
import { type Case, floats, forward } from './case.ts'

const LENGTHS = [1, 2, 3, 5, 8, 12, 16, 31]

export const complexCases: readonly Case[] = [
  forward('complex, real, imag, abs', [floats([2, 3]), floats([2, 3])], (a, b) => {
    const x = tf.complex(a!, b!)
    return [x, tf.real(x), tf.imag(x), tf.abs(x)]
  }),
  forward('arithmetic of complex numbers', [floats([2, 3]), floats([2, 3])], (a, b) => {
    const x = tf.complex(a!, b!)
    const y = tf.complex(b!, a!)
    return [tf.add(x, y), tf.sub(x, y), tf.mul(x, y), tf.mul(x, a!)]
  }),
  forward('shapes of complex tensors', [floats([2, 6]), floats([2, 6])], (a, b) => {
    const x = tf.complex(a!, b!)
    const y = tf.reshape(x, [3, 4])
    return [y, tf.expandDims(x, 1), tf.clone(x)]
  }),
  forward('casts to and from complex numbers', [floats([4])], (x) => {
    const wide = tf.cast(x!, 'complex64')
    return [wide, tf.cast(wide, 'float32')]
  }),
  ...LENGTHS.map((n) =>
    forward(
      `fft and ifft of ${n}`,
      [floats([3, 2, n]), floats([3, 2, n])],
      (a, b) => {
        const x = tf.complex(a!, b!)
        return [tf.fft(x), tf.ifft(x)]
      },
      { tolerance: 2e-5 },
    ),
  ),
  ...[4, 5, 8].flatMap((n) => [
    forward(`rfft of ${n}, cropped and padded`, [floats([2, n])], (x) => [
      tf.rfft(x!),
      tf.rfft(x!, n - 1),
      tf.rfft(x!, n + 3),
    ]),
    forward(`irfft of ${n}`, [floats([2, n]), floats([2, n])], (a, b) => tf.irfft(tf.complex(a!, b!))),
  ]),
  forward('stft', [floats([37])], (x) => tf.signal.stft(tf.reshape(x, [37]), 8, 3), { tolerance: 2e-5 }),
]
