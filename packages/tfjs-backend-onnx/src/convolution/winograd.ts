import { type IrTensor, isConstant } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import type { ConvGeometry } from './forward.ts'
import { product } from './products.ts'
import { piecesOf, tilingOf } from './winograd-pieces.ts'
import { pixelsOf, tileRows, transformedTiles } from './winograd-tiles.ts'
import { transformFilter } from './winograd-transforms.ts'

/** With fewer channels what goes in and out of the products costs more than is saved, with fewer tiles what the filter costs. */
const CHANNELS = 48
const TILES = 16
/** Results in tiles for one that is wanted: those at the edges may reach beyond the image. */
const SURPLUS = 1.3
/** Pairs of channels of a filter that is not trained: it is kept four to seven times as large. */
const FROZEN = 2 ** 14

/**
 * Whether a convolution, or its gradients, should go by Winograd's minimal filtering (Lavin & Gray 2016): 36 multiplications
 * a pair of channels for 4x4 results in place of 144, or 48 for 4x6 in place of 216. What brings tiles into that form and out of it
 * is done piece by piece, in the caches.
 */
export function isWinograd(g: Lowering, geo: ConvGeometry, filter: IrTensor | null): boolean {
  const { batch, inputs, outputs, input, output, kernel, strides, dilations, groups } = geo
  const fits = (size: readonly [number, number]) => {
    const { down, across, tall, wide } = tilingOf({ batch, size, inputs, outputs })
    const tiles = batch * down * across
    return tiles >= TILES && tiles * tall.tile * wide.tile <= SURPLUS * batch * size[0] * size[1]
  }
  return (
    g.target.winograd &&
    !(filter && isConstant(filter) && inputs * outputs > FROZEN) &&
    groups === 1 &&
    kernel.every((side) => side === 3) &&
    [...strides, ...dilations].every((s) => s === 1) &&
    Math.min(inputs, outputs) >= CHANNELS &&
    fits(input) &&
    fits(output)
  )
}

/** y [N,H',W',O] of x [N,H,W,I] and filter [3,3,I,O]. */
export function winogradForward(g: Lowering, geo: ConvGeometry, x: IrTensor, filter: IrTensor): IrTensor {
  return convolved(g, x, 'filter', filter, [geo.pads[0], geo.pads[1]], geo.output)
}

/** dL/dx [N,H,W,I] from dy [N,H',W',O] and filter [3,3,I,O]: the filter mirrored, its channels in and out exchanged. */
export function winogradInputGradient(g: Lowering, geo: ConvGeometry, dy: IrTensor, filter: IrTensor): IrTensor {
  const [top, left] = geo.pads
  return convolved(g, dy, 'mirrored filter', filter, [2 - top, 2 - left], geo.input)
}

/** dL/dw [3,3,I,O] from x [N,H,W,I] and dy [N,H',W',O]: the transforms of results and filter the other way round, a sum over pieces. */
export function winogradWeightGradient(g: Lowering, geo: ConvGeometry, x: IrTensor, dy: IrTensor): IrTensor {
  const { batch, inputs, outputs, output } = geo
  const pieces = piecesOf({ batch, size: output, inputs, outputs }, 4)
  const [top, left] = geo.pads
  const read = tileRows(g, 'input', x, top, pieces)
  const wanted = tileRows(g, 'result gradient', dy, 0, pieces)
  const dims = [pieces.lanes, pieces.points, inputs, outputs]
  const isOne = pieces.count === 1
  const [sum] = g.graph.scan(
    {
      states: isOne ? [] : [g.node('Expand', [g.float(0), g.integers(dims)], dims)],
      pieces: [...read, ...wanted],
      whole: [inRows(g, x), inRows(g, dy)],
    },
    ({ states: [before], pieces: tables, whole: [image, gradient] }) => {
      const seen = transformedTiles(g, 'input', image!, left, pieces, tables.slice(0, 2))
      const results = transformedTiles(g, 'result gradient', gradient!, 0, pieces, tables.slice(2))
      const own = product(g, seen, results, { transA: 1 })
      return before ? { states: [g.node('Add', [before, own], dims)], results: [] } : { results: [own] }
    },
  )
  const whole =
    pieces.lanes === 1 ? sum! : g.node('ReduceSum', [sum!, g.integers([0])], dims.slice(1), 'float32', { keepdims: 0 })
  const gradient = transformFilter(g, 'filter gradient', pieces, g.reshapeRaw(whole, dims.slice(1)))
  return g.reshapeRaw(gradient, [3, 3, inputs, outputs])
}

/** Images [N,h,w,O] of `size` from images [N,h',w',I] and a filter [3,3,I,O], or one [3,3,O,I] that is mirrored. */
function convolved(
  g: Lowering,
  image: IrTensor,
  kind: 'filter' | 'mirrored filter',
  filter: IrTensor,
  [top, left]: readonly [number, number],
  size: readonly [number, number],
): IrTensor {
  const [batch, , , inputs] = image.dims as [number, number, number, number]
  const isMirrored = kind === 'mirrored filter'
  const outputs = filter.dims[isMirrored ? 2 : 3]!
  const pieces = piecesOf({ batch, size, inputs, outputs }, 1)
  const [made] = g.graph.scan(
    {
      pieces: tileRows(g, 'input', image, top, pieces),
      whole: [inRows(g, image), transformFilter(g, kind, pieces, filter)],
    },
    ({ pieces: tables, whole: [read, by] }) => {
      const seen = transformedTiles(g, 'input', read!, left, pieces, tables)
      return { results: [pixelsOf(g, product(g, seen, by!, isMirrored ? { transB: 1 } : {}), pieces)] }
    },
  )
  const height = pieces.down * pieces.tall.tile
  const whole = g.reshapeRaw(made!, [batch, height, size[1], outputs])
  if (height === size[0]) return whole
  const dims = [batch, ...size, outputs]
  return g.node('Slice', [whole, g.integers([0]), g.integers([size[0]]), g.integers([1])], dims)
}

/** Images [N,h,w,C] as rows of pixels [N·h, w, C]. */
function inRows(g: Lowering, image: IrTensor): IrTensor {
  const [batch, height, width, channels] = image.dims as [number, number, number, number]
  return g.reshapeRaw(image, [batch * height, width, channels])
}
