import * as tf from '@tensorflow/tfjs-core'

/** A tensor given to an operation: how it is filled. */
export interface Input {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32' | 'bool'
  readonly values: readonly number[]
}

/** One operation that every engine must compute alike. */
export interface Case {
  readonly name: string
  readonly inputs: readonly Input[]
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]
  /**
   * How gradients are judged: as tfjs' CPU backend gives them; by differences of that backend's forward pass, where its own
   * gradient is wrong (exact for linear operations); or not at all.
   */
  readonly gradient: 'cpu' | 'differences' | 'none'
  /** Greatest absolute and relative deviation. */
  readonly tolerance: number
}

/** Reproducible numbers in [low, high): a linear congruential generator is random enough to tell formulas apart. */
export function numbers(count: number, low: number, high: number, seed: number): number[] {
  let state = (seed * 2654435761 + 12345) >>> 0
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return low + ((high - low) * state) / 2 ** 32
  })
}

const count = (shape: readonly number[]) => shape.reduce((p, d) => p * d, 1)

let seeds = 0
export function floats(shape: readonly number[], low = -2, high = 2): Input {
  return { shape, dtype: 'float32', values: numbers(count(shape), low, high, ++seeds).map(Math.fround) }
}

export function ints(shape: readonly number[], low = -9, high = 10): Input {
  return { shape, dtype: 'int32', values: numbers(count(shape), low, high, ++seeds).map(Math.floor) }
}

export function bools(shape: readonly number[]): Input {
  return { shape, dtype: 'bool', values: numbers(count(shape), 0, 2, ++seeds).map(Math.floor) }
}

/** Floats given one by one: special values. */
export function exactly(values: readonly number[], shape: readonly number[] = [values.length]): Input {
  return { shape, dtype: 'float32', values }
}

type Options = Partial<Pick<Case, 'gradient' | 'tolerance'>>

export function op(name: string, inputs: readonly Input[], run: Case['run'], options: Options = {}): Case {
  return { name, inputs, run, gradient: options.gradient ?? 'cpu', tolerance: options.tolerance ?? 1e-5 }
}

/** Forward only: comparisons, roundings, indices. */
export function forward(name: string, inputs: readonly Input[], run: Case['run'], options: Options = {}): Case {
  return op(name, inputs, run, { gradient: 'none', ...options })
}

/** Ranks that operations' types ask for; a reshape to the same shape is free. */
export const to1 = (x: tf.Tensor): tf.Tensor1D => tf.reshape(x, [x.size])
export function to2(x: tf.Tensor): tf.Tensor2D {
  const [a, b] = x.shape
  return tf.reshape(x, [a!, b!])
}
export function to3(x: tf.Tensor): tf.Tensor3D {
  const [a, b, c] = x.shape
  return tf.reshape(x, [a!, b!, c!])
}
export function to4(x: tf.Tensor): tf.Tensor4D {
  const [a, b, c, d] = x.shape
  return tf.reshape(x, [a!, b!, c!, d!])
}
export function to5(x: tf.Tensor): tf.Tensor5D {
  const [a, b, c, d, e] = x.shape
  return tf.reshape(x, [a!, b!, c!, d!, e!])
}
