import type { TensorInfo } from '@tensorflow/tfjs-core'
import { sizeOf } from '../ir/shape.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { type Call, type Kernel, kernel } from './call.ts'
import { NCHW } from './shapes.ts'

/** How one axis is resized: for each output position, which input positions it mixes with which weights. */
interface AxisMap {
  readonly from: number
  readonly to: number
  readonly taps: readonly (readonly [position: number, weight: number])[][]
}

/** Positions that tfjs' kernels read. Corners aligned: ends meet ends; half-pixel centres: (i + .5)·scale - .5. */
function sourceScale(from: number, to: number, alignCorners: boolean): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to
}

function nearestAxis(from: number, to: number, alignCorners: boolean, halfPixel: boolean): AxisMap {
  const scale = sourceScale(from, to, alignCorners)
  const taps = Array.from({ length: to }, (_, i) => {
    const at = halfPixel ? scale * (i + 0.5) : scale * i
    const nearest = alignCorners ? Math.round(at) : Math.floor(at)
    return [[Math.min(from - 1, halfPixel ? Math.max(0, nearest) : nearest), 1] as const]
  })
  return { from, to, taps }
}

function linearAxis(from: number, to: number, alignCorners: boolean, halfPixel: boolean): AxisMap {
  const scale = sourceScale(from, to, alignCorners)
  const taps = Array.from({ length: to }, (_, i) => {
    const at = halfPixel ? scale * (i + 0.5) - 0.5 : scale * i
    const low = Math.max(0, Math.floor(at))
    const high = Math.min(from - 1, Math.ceil(at))
    const share = at - low
    return low === high ? [[low, 1] as const] : [[low, 1 - share] as const, [high, share] as const]
  })
  return { from, to, taps }
}

/** The map as a matrix [from, to]: images times it are resized, gradients times its transpose are the adjoint. */
function matrix({ from, to, taps }: AxisMap, transposed: boolean): Float32Array {
  const values = new Float32Array(from * to)
  taps.forEach((mixed, i) => {
    for (const [position, weight] of mixed) values[transposed ? i * from + position : position * to + i]! += weight
  })
  return values
}

/** Images [N,C,H,W] through a linear map of rows and one of columns, as two matrix products. */
function mapAxes(g: Lowering, x: IrTensor, rows: AxisMap, columns: AxisMap, adjoint: boolean): IrTensor {
  const [n, c, h] = x.dims
  const width = adjoint ? columns.from : columns.to
  const height = adjoint ? rows.from : rows.to
  const right = g.graph.constant(matrix(columns, adjoint), [x.dims[3]!, width], 'float32')
  const left = g.graph.constant(matrix(rows, !adjoint), [height, h!], 'float32')
  const wide = isTrivial(columns) ? x : g.node('MatMul', [x, right], [n!, c!, h!, width])
  return isTrivial(rows) ? wide : g.node('MatMul', [left, wide], [n!, c!, height, width])
}

function isTrivial(axis: AxisMap): boolean {
  return axis.from === axis.to && axis.taps.every((t, i) => t.length === 1 && t[0]![0] === i)
}

/** Each pixel becomes a block of `factor` pixels: the case that networks use, for which ONNX has a fast operator. */
function blockFactor(axis: AxisMap): number | null {
  const factor = axis.to / axis.from
  if (!Number.isInteger(factor)) return null
  return axis.taps.every((t, i) => t[0]![0] === Math.floor(i / factor)) ? factor : null
}

function nearest(g: Lowering, x: IrTensor, rows: AxisMap, columns: AxisMap): IrTensor {
  const [n, c] = x.dims
  const fy = blockFactor(rows)
  const fx = blockFactor(columns)
  const dims = [n!, c!, rows.to, columns.to]
  if (fy !== null && fx !== null) {
    if (fy === 1 && fx === 1) return x
    const scales = g.graph.constant(Float32Array.of(1, 1, fy, fx), [4], 'float32')
    const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
    return g.node('Resize', [x, null, scales], dims, 'float32', attributes)
  }
  const pick = (axis: AxisMap) => g.integers(axis.taps.map((t) => t[0]![0]))
  const tall = g.node('Gather', [x, pick(rows)], [n!, c!, rows.to, x.dims[3]!], 'float32', { axis: 2 })
  return g.node('Gather', [tall, pick(columns)], dims, 'float32', { axis: 3 })
}

/** The adjoint of nearest: every source pixel gathers its copies. Blocks of equal size are an average pool times their area. */
function nearestAdjoint(g: Lowering, dy: IrTensor, rows: AxisMap, columns: AxisMap): IrTensor {
  const fy = blockFactor(rows)
  const fx = blockFactor(columns)
  if (fy === null || fx === null) return mapAxes(g, dy, rows, columns, true)
  if (fy === 1 && fx === 1) return dy
  const dims = [dy.dims[0]!, dy.dims[1]!, rows.from, columns.from]
  const pooled = g.node('AveragePool', [dy], dims, 'float32', { kernel_shape: [fy, fx], strides: [fy, fx] })
  return g.node('Mul', [pooled, g.float(fy * fx)], dims)
}

type Axes = (from: number, to: number, alignCorners: boolean, halfPixel: boolean) => AxisMap

function resizeKernel(
  name: string,
  axes: Axes,
  build: (g: Lowering, x: IrTensor, r: AxisMap, c: AxisMap) => IrTensor,
): Kernel {
  return kernel(name, (call) => {
    const images = call.input('images')
    const [n, h, w, c] = images.shape
    const [height, width] = call.numbers('size')
    return record(call, axes, images, [h!, w!], [height!, width!], [n!, height!, width!, c!], build)
  })
}

function gradientKernel(
  name: string,
  axes: Axes,
  build: (g: Lowering, dy: IrTensor, r: AxisMap, c: AxisMap) => IrTensor,
): Kernel {
  return kernel(name, (call) => {
    const [, h, w] = call.input('images').shape
    const dy = call.input('dy')
    return record(call, axes, dy, [h!, w!], [dy.shape[1]!, dy.shape[2]!], call.input('images').shape, build)
  })
}

function record(
  call: Call,
  axes: Axes,
  input: TensorInfo,
  from: readonly [number, number],
  to: readonly [number, number],
  shape: readonly number[],
  build: (g: Lowering, x: IrTensor, rows: AxisMap, columns: AxisMap) => IrTensor,
): TensorInfo {
  const align = call.flag('alignCorners')
  const half = call.flag('halfPixelCenters')
  return call.record(`${from};${to};${align};${half}`, [input], shape, 'float32', (g, [v]) => {
    if (sizeOf(shape) === 0) return g.uniform(g.float(0), shape)
    const raw = build(g, g.arrange(v!, NCHW), axes(from[0], to[0], align, half), axes(from[1], to[1], align, half))
    return g.value(raw, shape, NCHW)
  })
}

export const resizeKernels: readonly Kernel[] = [
  resizeKernel('ResizeNearestNeighbor', nearestAxis, nearest),
  gradientKernel('ResizeNearestNeighborGrad', nearestAxis, nearestAdjoint),
  resizeKernel('ResizeBilinear', linearAxis, (g, x, r, c) => mapAxes(g, x, r, c, false)),
  gradientKernel('ResizeBilinearGrad', linearAxis, (g, dy, r, c) => mapAxes(g, dy, r, c, true)),
]
