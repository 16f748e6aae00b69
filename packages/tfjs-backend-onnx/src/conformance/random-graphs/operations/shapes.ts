import * as tf from '@tensorflow/tfjs-core'
import type { Builder, Draw, Value } from '../builder.ts'
import { images, withoutGradient } from '../gradients.ts'
import type { Random } from '../random.ts'

const anything = (b: Builder, rank = 1): Value | null => b.pick(({ shape }) => shape.length >= rank)

const reshape: Draw = (b) => {
  const x = anything(b)
  if (!x) return null
  const shape = regrouped(b.random, x.shape)
  return { text: `reshape to [${shape}]`, from: [x], run: (t) => tf.reshape(t!, shape) }
}

/** The same number of elements in other axes: some merged, some split, ones added or dropped. */
function regrouped(random: Random, shape: readonly number[]): number[] {
  const axes = shape.filter((d) => d !== 1 || random.chance(0.5))
  if (axes.length > 1 && random.chance(0.6)) {
    const at = random.int(0, axes.length - 2)
    axes.splice(at, 2, axes[at]! * axes[at + 1]!)
  }
  const factors = axes.flatMap((d, at) => [2, 3, 4].filter((f) => d % f === 0 && d > f).map((f) => [at, f] as const))
  if (axes.length < 4 && factors.length > 0 && random.chance(0.5)) {
    const [at, f] = random.pick(factors)
    axes.splice(at, 1, ...(random.chance(0.5) ? [f, axes[at]! / f] : [axes[at]! / f, f]))
  }
  if (axes.length < 4 && random.chance(0.2)) axes.splice(random.int(0, axes.length), 0, 1)
  return axes
}

const transpose: Draw = (b) => {
  const x = anything(b, 2)
  if (!x) return null
  const perm = b.random.shuffled([...x.shape.keys()])
  return { text: `transpose ${perm}`, from: [x], run: (t) => tf.transpose(t!, perm) }
}

const slice: Draw = (b) => {
  const x = anything(b)
  if (!x) return null
  const begin = x.shape.map((d) => (b.random.chance(0.5) ? 0 : b.random.int(0, d - 1)))
  const size = x.shape.map((d, i) => (b.random.chance(0.5) ? d - begin[i]! : b.random.int(1, d - begin[i]!)))
  return { text: `slice from ${begin}, size ${size}`, from: [x], run: (t) => tf.slice(t!, begin, size) }
}

const stridedSlice: Draw = (b) => {
  const x = anything(b)
  if (!x) return null
  const strides = x.shape.map(() => b.random.pick([1, 1, 2, 3, -1, -2]))
  const begin = x.shape.map((d, i) => (strides[i]! > 0 ? b.random.int(0, d - 1) : d - 1))
  const end = x.shape.map((d, i) => (strides[i]! > 0 ? d : -d - 1))
  const dropped = b.random.chance(0.3) ? 1 << b.random.int(0, x.shape.length - 1) : 0
  const taken = strides.map((s, i) => (dropped & (1 << i) ? 1 : s))
  const run = withoutGradient((t) => {
    if (dropped === 0 || tf.getBackend() !== 'cpu') return tf.stridedSlice(t, begin, end, taken, 0, 0, 0, 0, dropped)
    // tfjs' CPU backend reads wrong elements where it drops an axis and steps along another: here it does one after the other.
    const only = end.map((e, i) => (dropped & (1 << i) ? begin[i]! + 1 : e))
    const kept = tf.stridedSlice(t, begin, only, taken)
    return tf.reshape(
      kept,
      kept.shape.filter((_, i) => !(dropped & (1 << i))),
    )
  })
  return { text: `stridedSlice from ${begin} to ${end} by ${strides}, dropping ${dropped}`, from: [x], run }
}

/** Up to three values that are alike but along one axis, among them one more than once. */
function alike(b: Builder, x: Value, axis: number): Value[] {
  const fits = b.values.filter(
    ({ shape, dtype }) =>
      dtype === x.dtype && shape.length === x.shape.length && shape.every((d, i) => i === axis || d === x.shape[i]),
  )
  return Array.from({ length: b.random.int(1, 3) }, () => b.random.pick(fits))
}

const concat: Draw = (b) => {
  const x = anything(b)
  if (!x) return null
  const axis = b.random.int(0, x.shape.length - 1)
  return { text: `concat along ${axis}`, from: [x, ...alike(b, x, axis)], run: (...ts) => tf.concat(ts, axis) }
}

const stack: Draw = (b) => {
  const x = b.pick(({ shape }) => shape.length < 4)
  if (!x) return null
  const axis = b.random.int(0, x.shape.length)
  const others = b.values.filter(({ shape, dtype }) => dtype === x.dtype && `${shape}` === `${x.shape}`)
  return { text: `stack along ${axis}`, from: [x, b.random.pick(others)], run: (...ts) => tf.stack(ts, axis) }
}

const unstack: Draw = (b) => {
  const x = anything(b)
  if (!x) return null
  const axis = b.random.int(0, x.shape.length - 1)
  if (x.shape[axis]! > 4) return null
  // tfjs' gradient of one part fails, also where a cast of floats came before: it stacks what is no list.
  const parts = x.shape[axis]!
  if (parts === 1) return null
  const text = `unstack along ${axis}`
  return { text, from: [x], run: inParts(x, parts, (t) => tf.unstack(t, axis)) }
}

/**
 * What cuts a tensor into parts. Of types other than floats tfjs joins gradients, which are floats, with zeros of that type for
 * parts that have none, and fails: those parts pass no gradient on.
 */
function inParts(x: Value, count: number, cut: (t: tf.Tensor) => tf.Tensor[]): (...inputs: tf.Tensor[]) => tf.Tensor[] {
  if (x.dtype === 'float32') return (t) => cut(t!)
  const part = (i: number) => withoutGradient((t) => cut(t!)[i]!)
  return (t) => Array.from({ length: count }, (_, i) => part(i)(t!))
}

const split: Draw = (b) => {
  const x = b.pick(({ shape }) => shape.some((d) => d > 1))
  if (!x) return null
  const axis = b.random.pick([...x.shape.keys()].filter((i) => x.shape[i]! > 1))
  const first = b.random.int(1, x.shape[axis]! - 1)
  const sizes = [first, x.shape[axis]! - first]
  return { text: `split in ${sizes} along ${axis}`, from: [x], run: inParts(x, 2, (t) => tf.split(t, sizes, axis)) }
}

const pad: Draw = (b) => {
  const x = anything(b)
  if (!x) return null
  const pads = x.shape.map((): [number, number] =>
    b.random.chance(0.5) ? [0, 0] : [b.random.int(0, 2), b.random.int(0, 2)],
  )
  const fill = x.dtype === 'float32' ? b.random.pick([0, 0, 1.5]) : b.random.int(0, 1)
  return { text: `pad ${JSON.stringify(pads)} with ${fill}`, from: [x], run: (t) => tf.pad(t!, pads, fill) }
}

const mirrorPad: Draw = (b) => {
  const x = anything(b)
  if (!x) return null
  const mode = b.random.pick(['reflect', 'symmetric'] as const)
  const most = (d: number) => Math.min(2, mode === 'reflect' ? d - 1 : d)
  const pads = x.shape.map((d): [number, number] => [b.random.int(0, most(d)), b.random.int(0, most(d))])
  const run = withoutGradient((t) => tf.mirrorPad(t, pads, mode))
  return { text: `mirrorPad ${JSON.stringify(pads)} ${mode}`, from: [x], run }
}

const tile: Draw = (b) => {
  const x = anything(b)
  if (!x) return null
  const reps = x.shape.map(() => b.random.pick([1, 1, 2, 3]))
  return { text: `tile ${reps}`, from: [x], run: (t) => tf.tile(t!, reps) }
}

const reverse: Draw = (b) => {
  const x = anything(b)
  if (!x) return null
  const axes = b.random.some([...x.shape.keys()])
  return { text: `reverse ${axes}`, from: [x], run: (t) => tf.reverse(t!, axes) }
}

const expandDims: Draw = (b) => {
  const x = b.pick(({ shape }) => shape.length < 4)
  if (!x) return null
  const axis = b.random.int(0, x.shape.length)
  return { text: `expandDims ${axis}`, from: [x], run: (t) => tf.expandDims(t!, axis) }
}

const squeeze: Draw = (b) => {
  const x = b.pick(({ shape }) => shape.includes(1))
  return x && { text: 'squeeze', from: [x], run: (t) => tf.squeeze(t!) }
}

const broadcastTo: Draw = (b) => {
  const x = b.float(({ shape }) => shape.includes(1) || shape.length < 4)
  if (!x) return null
  const added = b.random.int(0, 4 - x.shape.length)
  const lead = Array.from({ length: added }, () => b.random.int(1, 3))
  const shape = [...lead, ...x.shape.map((d) => (d === 1 ? b.random.int(1, 4) : d))]
  return { text: `broadcastTo [${shape}]`, from: [x], run: (t) => tf.broadcastTo(t!, shape) }
}

const gather: Draw = (b) => {
  const x = anything(b)
  if (!x) return null
  const axis = b.random.int(0, x.shape.length - 1)
  const picks = b.source([b.random.int(1, 4)], { dtype: 'int32', low: 0, high: x.shape[axis]! - 1 })
  return {
    text: `gather along ${axis}`,
    from: [x, picks],
    run: (t, i) => tf.gather(t!, tf.reshape(i!, [i!.size]), axis),
  }
}

const gatherND: Draw = (b) => {
  const x = anything(b, 2)
  if (!x) return null
  const rows = b.random.int(1, 3)
  const picks = b.source([rows, 1], { dtype: 'int32', low: 0, high: x.shape[0]! - 1 })
  return { text: 'gatherND', from: [x, picks], run: withoutGradient((t, i) => tf.gatherND(t!, i!)) }
}

const oneHot: Draw = (b) => {
  const depth = b.random.int(2, 5)
  const x = b.pick(({ dtype, shape }) => dtype === 'int32' && shape.length > 0 && shape.length < 4)
  const run = withoutGradient((t) => tf.oneHot(t, depth, 2, -1))
  return x && { text: `oneHot ${depth}`, from: [x], run }
}

const blocks: Draw = (b) => {
  const kind = b.random.pick(['depthToSpace', 'spaceToBatch', 'batchToSpace'] as const)
  const fits = ({ shape: [n, h, w, c], shape }: Value): boolean => {
    if (shape.length !== 4) return false
    if (kind === 'depthToSpace') return c! % 4 === 0
    return kind === 'batchToSpace' ? n! % 4 === 0 : h! % 2 === 0 && w! % 2 === 0
  }
  const x = b.float(fits)
  if (!x) return null
  const none = [
    [0, 0],
    [0, 0],
  ]
  if (kind === 'depthToSpace')
    return { text: kind, from: [x], run: withoutGradient((t) => tf.depthToSpace(images(t), 2)) }
  if (kind === 'spaceToBatch') return { text: kind, from: [x], run: (t) => tf.spaceToBatchND(t!, [2, 2], none) }
  return { text: kind, from: [x], run: (t) => tf.batchToSpaceND(t!, [2, 2], none) }
}

export const shapes: readonly Draw[] = [
  reshape,
  reshape,
  transpose,
  transpose,
  slice,
  stridedSlice,
  concat,
  concat,
  stack,
  unstack,
  split,
  pad,
  mirrorPad,
  tile,
  reverse,
  expandDims,
  squeeze,
  broadcastTo,
  gather,
  gatherND,
  oneHot,
  blocks,
]
