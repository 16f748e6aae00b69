import * as tf from '@tensorflow/tfjs-core'
import { apart, type Draw } from '../builder.ts'
import { withoutGradient } from '../gradients.ts'

type Reduction = (x: tf.Tensor, axis: number[], keepDims: boolean) => tf.Tensor

const overFloats: readonly (readonly [string, Reduction])[] = [
  ['sum', tf.sum],
  ['mean', tf.mean],
  ['max', tf.max],
  ['min', tf.min],
  ['logSumExp', tf.logSumExp],
  ['prod of tanh', (x, axis, keep) => tf.prod(tf.tanh(x), axis, keep)],
  ['norm', (x, axis, keep) => tf.sqrt(tf.add(tf.sum(tf.square(x), axis, keep), 0.1))],
]

const reduction: Draw = (b) => {
  const x = b.float(({ shape }) => shape.length > 0)
  if (!x) return null
  const [name, f] = b.random.pick(overFloats)
  const axes = b.random.some([...x.shape.keys()])
  const keep = b.random.chance(0.5)
  const jumps = name === 'max' || name === 'min' ? { margin: () => apart(x) } : {}
  return {
    text: `${name} over ${axes}${keep ? ', kept' : ''}`,
    from: [x],
    // tfjs multiplies gradients of products up for one axis after the other.
    run: name.startsWith('prod') ? withoutGradient((t) => f(t, axes, keep)) : (t) => f(t!, axes, keep),
    ...jumps,
  }
}

const ofIntegers: Draw = (b) => {
  const x = b.pick(({ dtype, shape }) => dtype !== 'float32' && shape.length > 0)
  if (!x) return null
  const list: readonly (readonly [string, Reduction])[] =
    x.dtype === 'bool'
      ? [
          ['all', tf.all],
          ['any', tf.any],
          ['sum', tf.sum],
        ]
      : [
          ['sum', tf.sum],
          ['max', tf.max],
          ['min', tf.min],
          ['mean', tf.mean],
        ]
  const [name, f] = b.random.pick(list)
  const axes = b.random.some([...x.shape.keys()])
  const keep = b.random.chance(0.5)
  return {
    text: `${name} over ${axes}${keep ? ', kept' : ''}`,
    from: [x],
    run: withoutGradient((t) => f(t, axes, keep)),
  }
}

const position: Draw = (b) => {
  const x = b.float(({ shape }) => shape.length > 0)
  if (!x) return null
  const [name, f] = b.random.pick([
    ['argMax', tf.argMax],
    ['argMin', tf.argMin],
  ] as const)
  const axis = b.random.int(0, x.shape.length - 1)
  return { text: `${name} along ${axis}`, from: [x], run: withoutGradient((t) => f(t, axis)), margin: () => apart(x) }
}

const alongLast: Draw = (b) => {
  const x = b.float(({ shape }) => shape.length > 0)
  if (!x) return null
  const last = x.shape.length - 1
  const [text, run] = b.random.pick<[string, (t: tf.Tensor) => tf.Tensor]>([
    ['softmax', (t) => tf.softmax(t)],
    ['logSoftmax', (t) => tf.logSoftmax(t)],
    // Of other axes tfjs gives the gradient with its axes exchanged.
    ['cumsum along the last axis', (t) => tf.cumsum(t, last)],
    ['cumsum along the last axis, exclusive and reversed', (t) => tf.cumsum(t, last, true, true)],
  ])
  return { text, from: [x], run: (t) => run(t!) }
}

const cumsum: Draw = (b) => {
  const x = b.pick(({ shape, dtype }) => shape.length > 0 && dtype !== 'bool')
  if (!x) return null
  const axis = b.random.int(0, x.shape.length - 1)
  return { text: `cumsum along ${axis}`, from: [x], run: withoutGradient((t) => tf.cumsum(t, axis)) }
}

const moments: Draw = (b) => {
  const x = b.float(({ shape }) => shape.length > 0)
  if (!x) return null
  const axes = b.random.some([...x.shape.keys()])
  const keep = b.random.chance(0.5)
  const run = (t: tf.Tensor) => {
    const { mean, variance } = tf.moments(t, axes, keep)
    return [mean, variance]
  }
  return { text: `moments over ${axes}${keep ? ', kept' : ''}`, from: [x], run: (t) => run(t!) }
}

const topk: Draw = (b) => {
  const x = b.float(({ shape }) => shape.length > 0)
  if (!x) return null
  const k = b.random.int(1, x.shape.at(-1)!)
  const part = (name: 'values' | 'indices') => withoutGradient((t) => tf.topk(t, k)[name])
  return {
    text: `topk ${k}`,
    from: [x],
    run: (t) => [part('values')(t!), part('indices')(t!)],
    margin: () => apart(x),
  }
}

export const reductions: readonly Draw[] = [
  reduction,
  reduction,
  reduction,
  ofIntegers,
  position,
  alongLast,
  alongLast,
  cumsum,
  moments,
  topk,
]
