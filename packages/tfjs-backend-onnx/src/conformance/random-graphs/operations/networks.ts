import * as tf from '@tensorflow/tfjs-core'
import { apart, type Builder, type Draw, fromNumber, type Value } from '../builder.ts'
import { images, planewise, withoutGradient } from '../gradients.ts'

type Pad = 'same' | 'valid'

/** Filters are small, so that results stay of ordinary size. */
const filter = (b: Builder, shape: readonly number[]): Value => {
  const bound = 1.5 / Math.sqrt(shape[0]! * shape[1]! * shape[2]!)
  // Also one that is there already: two layers may share their weights.
  const known = b.float((v) => b.sources.has(v.id) && `${v.shape}` === `${shape}`)
  return known && b.random.chance(0.3) ? known : b.source(shape, { low: -bound, high: bound })
}

const channels = (b: Builder): number => b.random.pick([1, 2, 3, b.lengths.channels, b.lengths.channels])

/** A window that fits the images, its stride, and how borders are treated. */
function window(b: Builder, x: Value, sides: readonly number[]): { side: number; stride: number; pad: Pad } | null {
  const pad = b.random.pick(['same', 'valid'] as const)
  const side = b.random.pick(sides)
  if (pad === 'valid' && Math.min(x.shape[1]!, x.shape[2]!) < side) return null
  return { side, stride: b.random.pick([1, 1, 2]), pad }
}

const conv2d: Draw = (b) => {
  const x = b.images()
  const found = x && window(b, x, [1, 3, 3, 2])
  if (!x || !found) return null
  const { side, stride, pad } = found
  const out = channels(b)
  const f = filter(b, [side, side, x.shape[3]!, out])
  const text = `conv2d ${side}x${side}, stride ${stride}, ${pad}`
  const plain = (t: tf.Tensor, w: tf.Tensor) => tf.conv2d(images(t), images(w), stride, pad)
  if (b.random.chance(0.4)) return { text, from: [x, f], run: (t, w) => plain(t!, w!) }
  const bias = b.source([out])
  return { text: `${text}, bias`, from: [x, f, bias], run: (t, w, v) => tf.add(plain(t!, w!), v!) }
}

/** bias and relu in one call, which tfjs differentiates as well. */
const fusedConv2d: Draw = (b) => {
  const x = b.images()
  if (!x) return null
  const out = channels(b)
  const activation = b.random.pick(['linear', 'relu', 'sigmoid'] as const)
  const from = [x, filter(b, [3, 3, x.shape[3]!, out]), b.source([out])]
  const run = (t: tf.Tensor, w: tf.Tensor, v: tf.Tensor): tf.Tensor =>
    tf.fused.conv2d({ x: images(t), filter: images(w), strides: 1, pad: 'same', bias: v, activation })
  const steep = activation === 'sigmoid'
  return {
    text: `fused conv2d, ${activation}`,
    from,
    run: steep ? withoutGradient((t, w, v) => run(t!, w!, v!)) : (t, w, v) => run(t!, w!, v!),
  }
}

const dilated: Draw = (b) => {
  const x = b.images()
  if (!x) return null
  const f = filter(b, [3, 3, x.shape[3]!, channels(b)])
  const run = withoutGradient((t, w) => tf.conv2d(images(t!), images(w!), 1, 'same', 'NHWC', 2))
  return { text: 'conv2d dilated', from: [x, f], run }
}

const conv2dTranspose: Draw = (b) => {
  const x = b.images()
  if (!x) return null
  const out = channels(b)
  const stride = b.random.pick([1, 2])
  const f = filter(b, [3, 3, out, x.shape[3]!])
  const [n, h, w] = x.shape as [number, number, number]
  const run = (t: tf.Tensor, v: tf.Tensor) =>
    tf.conv2dTranspose(images(t), images(v), [n, h * stride, w * stride, out], stride, 'same')
  return { text: `conv2dTranspose, stride ${stride}`, from: [x, f], run: (t, v) => run(t!, v!) }
}

const depthwise: Draw = (b) => {
  const x = b.images()
  const found = x && window(b, x, [3, 3, 2])
  if (!x || !found) return null
  const { side, stride, pad } = found
  const f = filter(b, [side, side, x.shape[3]!, b.random.int(1, 2)])
  return {
    text: `depthwiseConv2d ${side}x${side}, stride ${stride}, ${pad}`,
    from: [x, f],
    run: (t, w) => tf.depthwiseConv2d(images(t!), images(w!), stride, pad),
  }
}

const maxPool: Draw = (b) => {
  const x = b.images()
  const found = x && window(b, x, [2, 2, 3])
  if (!x || !found) return null
  const { side, stride, pad } = found
  const text = `maxPool ${side}x${side}, stride ${stride}, ${pad}`
  return { text, from: [x], run: (t) => tf.maxPool(images(t!), side, stride, pad), margin: () => apart(x) }
}

const avgPool: Draw = (b) => {
  const x = b.images()
  const found = x && window(b, x, [2, 2, 3])
  if (!x || !found) return null
  const { side, stride, pad } = found
  const run = planewise((t) => tf.avgPool(t, side, stride, pad))
  return { text: `avgPool ${side}x${side}, stride ${stride}, ${pad}`, from: [x], run: (t) => run(t!) }
}

const resize: Draw = (b) => {
  const x = b.images()
  if (!x) return null
  const [, h, w] = x.shape as [number, number, number]
  const factor = b.random.int(1, 3)
  const size: [number, number] = b.random.chance(0.5)
    ? [h * factor, w * factor]
    : [b.random.int(1, 2 * h), b.random.int(1, 2 * w)]
  const [name, f] = b.random.pick([
    ['resizeNearestNeighbor', tf.image.resizeNearestNeighbor],
    ['resizeBilinear', tf.image.resizeBilinear],
  ] as const)
  const align = b.random.chance(0.3)
  const run = planewise((t) => f(t, size, align))
  return { text: `${name} to ${size}${align ? ', corners aligned' : ''}`, from: [x], run: (t) => run(t!) }
}

const matMul: Draw = (b) => {
  const x = b.float(({ shape }) => shape.length >= 2 && shape.length <= 4)
  if (!x) return null
  const [flipA, flipB] = [b.random.chance(0.3), b.random.chance(0.3)]
  const inner = x.shape.at(flipA ? -2 : -1)!
  const batch = x.shape.slice(0, -2)
  const fits = (shape: readonly number[]) =>
    shape.length === x.shape.length && `${shape.slice(0, -2)}` === `${batch}` && shape.at(flipB ? -1 : -2) === inner
  const out = b.random.int(1, 4)
  const own = () => b.source([...batch, ...(flipB ? [out, inner] : [inner, out])], { low: -0.5, high: 0.5 })
  const y = (b.random.chance(0.7) ? b.float(({ shape }) => fits(shape)) : null) ?? own()
  const run = (t: tf.Tensor, v: tf.Tensor) => tf.matMul(t, v, flipA, flipB)
  return {
    text: `matMul${flipA ? ', first transposed' : ''}${flipB ? ', second transposed' : ''}`,
    from: [x, y],
    run: (t, v) => run(t!, v!),
  }
}

const fusedMatMul: Draw = (b) => {
  const x = b.float(({ shape }) => shape.length === 2)
  if (!x) return null
  const out = b.random.int(1, 4)
  const from = [x, b.source([x.shape[1]!, out], { low: -0.5, high: 0.5 }), b.source([out])]
  const run = (a: tf.Tensor, w: tf.Tensor, bias: tf.Tensor) => tf.fused.matMul({ a, b: w, bias })
  return { text: 'fused matMul', from, run: (a, w, v) => run(a!, w!, v!) }
}

const attention: Draw = (b) => {
  const x = b.float(({ shape }) => shape.length === 3)
  const run = (t: tf.Tensor) => tf.matMul(tf.softmax(tf.mul(tf.matMul(t, t, false, true), 0.5)), t)
  return x && { text: 'attention', from: [x], run: (t) => run(t!) }
}

const batchNorm: Draw = (b) => {
  const x = b.images()
  if (!x) return null
  const vector = (low: number, high: number) => b.source([x.shape[3]!], { low, high })
  const from = [x, vector(-1, 1), vector(0.5, 2), vector(-1, 1), vector(-1, 1)]
  const v = (t: tf.Tensor | undefined): tf.Tensor1D => tf.reshape(t!, [t!.size])
  return { text: 'batchNorm', from, run: (t, m, s, o, k) => tf.batchNorm(images(t!), v(m), v(s), v(o), v(k)) }
}

const groupNorm: Draw = (b) => {
  const x = b.images()
  if (!x) return null
  const [n, h, w, c] = x.shape as [number, number, number, number]
  const groups = b.random.pick([1, 2, 4].filter((g) => c % g === 0))
  const run = (t: tf.Tensor) => {
    const y = tf.reshape(t, [n, h * w, groups, c / groups])
    const d = tf.sub(y, tf.mean(y, [1, 3], true))
    return tf.reshape(tf.mul(d, tf.rsqrt(tf.add(tf.mean(tf.square(d), [1, 3], true), 0.1))), [n, h, w, c])
  }
  return { text: `group norm in ${groups}`, from: [x], run: (t) => run(t!) }
}

/** Two convolutions, a residual and activations between them: what passes make one of. */
const block: Draw = (b) => {
  const x = b.images()
  if (!x) return null
  const c = x.shape[3]!
  const f = filter(b, [3, 3, c, c])
  const bias = b.source([c])
  const activation = b.random.pick([tf.relu, tf.tanh, (t: tf.Tensor) => tf.mul(t, tf.sigmoid(t))])
  const run = (t: tf.Tensor, w: tf.Tensor, v: tf.Tensor): tf.Tensor => {
    const layer = (h: tf.Tensor) => tf.add(tf.conv2d(images(h), images(w), 1, 'same'), v)
    return activation(tf.add(layer(activation(layer(t))), t))
  }
  const margin = () => (activation === tf.relu ? tf.tidy(() => kinkOf(run, [x, f, bias])) : 1)
  return { text: 'residual block', from: [x, f, bias], run: (t, w, v) => run(t!, w!, v!), margin }
}

const kinkOf = (run: (t: tf.Tensor, w: tf.Tensor, v: tf.Tensor) => tf.Tensor, [t, w, v]: readonly Value[]): number => {
  const made = run(t!.tensor, w!.tensor, v!.tensor)
  const data = made.dataSync().map((value) => (value === 0 ? 1 : value))
  return fromNumber({ ...t!, data }, 0)
}

export const networks: readonly Draw[] = [
  conv2d,
  conv2d,
  fusedConv2d,
  dilated,
  conv2dTranspose,
  depthwise,
  maxPool,
  maxPool,
  avgPool,
  resize,
  resize,
  matMul,
  matMul,
  fusedMatMul,
  attention,
  batchNorm,
  groupNorm,
  block,
]
