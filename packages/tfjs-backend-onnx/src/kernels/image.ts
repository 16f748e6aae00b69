import { backend_util } from '@tensorflow/tfjs-core'
import { both, broadcast, clamp, inRange, Sampler } from '../convolution/sampling.ts'
import { sizeOf } from '../ir/shape.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { type Call, type Kernel, kernel } from './call.ts'
import { asFloat } from './elementwise.ts'
import { slice } from './shapes.ts'

/** Column `index` of a matrix [n,k], as [n,1,1]. */
function column(g: Lowering, matrix: IrTensor, index: number): IrTensor {
  const n = matrix.dims[0]!
  const cut = g.node('Slice', [matrix, ...[[index], [index + 1], [1]].map((v) => g.integers(v))], [n, 1])
  return g.reshapeRaw(cut, [n, 1, 1])
}

/** A row of numbers along one axis of [1,h,w]. */
function along(g: Lowering, axis: 1 | 2, values: readonly number[]): IrTensor {
  const dims = [1, 1, 1]
  dims[axis] = values.length
  return g.graph.constant(Float32Array.from(values), dims, 'float32')
}

const combine = (g: Lowering, op: string, a: IrTensor, b: IrTensor) => g.node(op, [a, b], broadcast(a, b))

/** Positions between `from` and `to` [n,1,1], shares of `length - 1` pixels, evenly spaced; a single one stands in the middle. */
function spaced(g: Lowering, from: IrTensor, to: IrTensor, axis: 1 | 2, count: number, length: number): IrTensor {
  const shares = Array.from({ length: count }, (_, i) => (count > 1 ? i / (count - 1) : 0.5))
  // Weighted means of both ends hit them exactly, so that a box of a whole image does not leave it by rounding.
  const start = combine(
    g,
    'Mul',
    from,
    along(
      g,
      axis,
      shares.map((s) => 1 - s),
    ),
  )
  const end = combine(g, 'Mul', to, along(g, axis, shares))
  return combine(g, 'Mul', combine(g, 'Add', start, end), g.float(length - 1))
}

/** A position mapped into an image of `length` pixels as tf.image.transform's fill modes say. */
function mapped(g: Lowering, position: IrTensor, length: number, mode: string): IrTensor {
  const { dims } = position
  const node = (op: string, ...inputs: IrTensor[]) => g.node(op, inputs, dims)
  const truncated = (by: number) => {
    const turns = node('Div', node('Abs', position), g.float(by))
    return node('Floor', turns)
  }
  const below = g.node('Less', [position, g.float(0)], dims, 'bool')
  const above = g.node('Greater', [position, g.float(length - 1)], dims, 'bool')
  const beyond = (low: IrTensor, high: IrTensor) => node('Where', below, low, node('Where', above, high, position))
  switch (mode) {
    case 'constant':
      return position
    case 'nearest':
      return clamp(g, position, 0, length - 1)
    case 'reflect': {
      // [abcd] goes on as [dcba|abcd|dcba], with a period of twice its length.
      const period = node('Mul', truncated(2 * length), g.float(2 * length))
      const low = node('Add', position, period)
      const mirroredLow = node('Sub', node('Neg', low), g.float(1))
      const farLow = g.node('Less', [low, g.float(-length)], dims, 'bool')
      const high = node('Sub', position, period)
      const farHigh = g.node('GreaterOrEqual', [high, g.float(length)], dims, 'bool')
      return clamp(
        g,
        beyond(
          node('Where', farLow, node('Add', low, g.float(2 * length)), mirroredLow),
          node('Where', farHigh, node('Sub', g.float(2 * length - 1), high), high),
        ),
        0,
        length - 1,
      )
    }
    default: {
      // [abcd] goes on as [abcd|abcd|abcd]; tfjs counts turns by length - 1.
      const turns = truncated(Math.max(length - 1, 1))
      const low = node('Add', position, node('Mul', node('Add', turns, g.float(1)), g.float(length)))
      const high = node('Sub', position, node('Mul', turns, g.float(length)))
      return clamp(g, beyond(low, high), 0, length - 1)
    }
  }
}

/** For each pixel of a rotated image the one that it shows, or the number of pixels where that lies outside. */
function rotated(height: number, width: number, radians: number, [cx, cy]: readonly [number, number]): Int32Array {
  const [sin, cos] = [Math.sin(radians), Math.cos(radians)]
  return Int32Array.from({ length: height * width }, (_, i) => {
    const [x, y] = [(i % width) - cx, Math.floor(i / width) - cy]
    const column = Math.round(x * cos - y * sin + cx)
    const row = Math.round(x * sin + y * cos + cy)
    const inside = column >= 0 && column < width && row >= 0 && row < height
    return inside ? row * width + column : height * width
  })
}

/** A colour as RotateWithOffset means it: one number for all channels, or one each; a fourth channel is opacity. */
function fillOf(call: Call, channels: number): number[] {
  const colour = call.numbers('fillValue')
  if (typeof call.attribute('fillValue') === 'number') return new Array<number>(channels).fill(colour[0]!)
  return Array.from({ length: channels }, (_, c) => (c === 3 ? 255 : (colour[c] ?? 0)))
}

export const imageKernels: readonly Kernel[] = [
  kernel('FlipLeftRight', (call) => {
    const x = call.input('image')
    const begin = x.shape.map((d, axis) => (axis === 2 ? d - 1 : 0))
    const strides = x.shape.map((_, axis) => (axis === 2 ? -1 : 1))
    return call.record('', [x], x.shape, x.dtype, (g, [v]) => slice(g, v!, begin, x.shape, strides))
  }),
  kernel('RotateWithOffset', (call) => {
    const x = call.input('image')
    const [n, h, w, c] = x.shape.map(Number)
    const center = call.numbers('center')
    const around = backend_util.getImageCenter(center.length > 1 ? [center[0]!, center[1]!] : center[0]!, h!, w!)
    const fill = fillOf(call, c!)
    // The places are worked out here and fed: an angle that changes from step to step is data, and compiles nothing.
    const table = rotated(h!, w!, call.number('radians'), around)
    const places = { dataId: call.backend.write(table, [h! * w!], 'int32'), shape: [h! * w!], dtype: 'int32' as const }
    try {
      return call.record(`${fill}`, [x, places], x.shape, x.dtype, (g, [vx, vp]) => {
        const pixels = g.reshapeRaw(g.logical(vx!), [n!, h! * w!, c!])
        const type = pixels.type
        const row = type === 'float32' ? Float32Array.from(fill) : Int32Array.from(fill)
        const outside = g.node(
          'Expand',
          [g.graph.constant(row, [1, 1, c!], type), g.integers([n!, 1, c!])],
          [n!, 1, c!],
          type,
        )
        const all = g.node('Concat', [pixels, outside], [n!, h! * w! + 1, c!], type, { axis: 1 })
        const picked = g.node('Gather', [all, g.logical(vp!)], [n!, h! * w!, c!], type, { axis: 1 })
        return g.value(g.reshapeRaw(picked, x.shape), x.shape)
      })
    } finally {
      call.backend.disposeData(places.dataId)
    }
  }),
  kernel('CropAndResize', (call) => {
    const x = call.input('image')
    const boxes = call.input('boxes')
    const boxInd = call.input('boxInd')
    const [height, width] = call.numbers('cropSize')
    const method = call.text('method')
    const outside = call.number('extrapolationValue')
    const [batch, h, w, c] = x.shape.map(Number)
    const n = boxes.shape[0]!
    const shape = [n, height!, width!, c!]
    if (sizeOf(shape) === 0) return call.backend.filled(shape, 'float32', 0)
    const key = `${height},${width};${method};${outside}`
    return call.record(key, [x, boxes, boxInd], shape, 'float32', (g, [vx, vb, vi]) => {
      const box = g.logical(vb!)
      const [y1, x1, y2, x2] = [0, 1, 2, 3].map((k) => column(g, box, k))
      const y = spaced(g, y1!, y2!, 1, height!, h!)
      const across = spaced(g, x1!, x2!, 2, width!, w!)
      const index = g.reshapeRaw(asFloat(g, g.logical(vi!)), [n, 1, 1])
      const image = clamp(g, index, 0, batch! - 1)
      const sampler = new Sampler(g, asFloat(g, g.logical(vx!)), null)
      const positions = { image, y, x: across, dims: [n, height!, width!] as const }
      const read = method === 'nearest' ? sampler.nearest(positions) : sampler.linear(positions)
      const within = both(g, inRange(g, y, 0, h! - 1), inRange(g, across, 0, w! - 1))
      const filled = g.node('Where', [g.reshapeRaw(within, [...within.dims, 1]), read, g.float(outside)], shape)
      // A box of an image that is not there stays empty.
      const known = g.node('Less', [index, g.float(batch!)], index.dims, 'bool')
      return g.value(g.node('Where', [g.reshapeRaw(known, [n, 1, 1, 1]), filled, g.float(0)], shape), shape)
    })
  }),
  kernel('Transform', (call) => {
    const x = call.input('image')
    const transforms = call.input('transforms')
    const interpolation = call.text('interpolation')
    const mode = call.text('fillMode')
    const fill = call.number('fillValue')
    const [n, h, w, c] = x.shape.map(Number)
    const [height, width] = call.numbers('outputShape', [h!, w!])
    const shape = [n!, height!, width!, c!]
    const key = `${interpolation};${mode};${fill};${height},${width}`
    return call.record(key, [x, transforms], shape, 'float32', (g, [vx, vt]) => {
      const matrix = g.logical(vt!)
      const [a0, a1, a2, b0, b1, b2, c0, c1] = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => column(g, matrix, k))
      const columns = along(g, 2, [...new Array(width!).keys()])
      const rows = along(g, 1, [...new Array(height!).keys()])
      const linear = (p: IrTensor, q: IrTensor, r: IrTensor) =>
        combine(g, 'Add', combine(g, 'Add', combine(g, 'Mul', p, columns), combine(g, 'Mul', q, rows)), r)
      const depth = linear(c0!, c1!, g.float(1))
      const infinite = g.node('Equal', [depth, g.float(0)], depth.dims, 'bool')
      const divisor = g.node('Where', [infinite, g.float(1), depth], depth.dims)
      const from = (p: IrTensor, length: number) => mapped(g, combine(g, 'Div', p, divisor), length, mode)
      const images = g.graph.constant(
        Float32Array.from({ length: n! }, (_, i) => i),
        [n!, 1, 1],
        'float32',
      )
      const sampler = new Sampler(g, asFloat(g, g.logical(vx!)), fill)
      const positions = {
        image: images,
        y: from(linear(b0!, b1!, b2!), h!),
        x: from(linear(a0!, a1!, a2!), w!),
        dims: [n!, height!, width!] as const,
      }
      const read = interpolation === 'nearest' ? sampler.nearest(positions) : sampler.linear(positions)
      return g.value(
        g.node('Where', [g.reshapeRaw(infinite, [...infinite.dims, 1]), g.float(fill), read], shape),
        shape,
      )
    })
  }),
]
