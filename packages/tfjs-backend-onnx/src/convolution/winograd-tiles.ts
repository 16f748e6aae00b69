import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import type { Pieces } from './winograd-pieces.ts'
import { type Matrix, matrixOf, type TileKind } from './winograd-transforms.ts'

/**
 * Tables for a scan to cut into pieces: for each row of tiles the image's rows that it reads, by number, and the matrix that
 * transforms them. Where a row would lie outside of the image, one near by is read, and the matrix has zeros for it.
 */
export function tileRows(
  g: Lowering,
  kind: TileKind,
  image: IrTensor,
  top: number,
  pieces: Pieces,
): readonly [IrTensor, IrTensor] {
  const [batch, height] = image.dims as [number, number, number, number]
  const { count, lanes, rows, down, tall } = pieces
  const matrix = matrixOf(kind, tall)
  const reach = matrix[0]!.length
  const near = (y: number) => Math.min(Math.max(y, 0), height - 1)
  const each = (visit: (y: number, image: number) => number[]) =>
    Array.from({ length: count * lanes * rows }, (_, row) =>
      visit((row % down) * tall.tile - top, Math.floor(row / down)),
    ).flat()
  const places = () =>
    Int32Array.from(each((y, n) => Array.from({ length: reach }, (_, i) => n * height + near(y + i))))
  const factors = () =>
    Float32Array.from(each((y) => matrix.flatMap((line) => line.map((v, i) => (y + i === near(y + i) ? v : 0)))))
  const name = `${kind} ${batch}x${height} from ${top} by ${tall.tile} ${count}x${lanes}x${rows} of ${down}`
  return [
    g.table(`rows of ${name}`, places, [count, lanes * rows * reach]),
    g.table(`matrices of ${name}`, factors, [count, lanes * rows, tall.reach, reach]),
  ]
}

/**
 * A piece's tiles in Winograd's form [lanes, points, tiles, C] of an image's rows [N·h, w, C]: rows by a product with their matrices,
 * columns by a convolution that goes from tile to tile.
 */
export function transformedTiles(
  g: Lowering,
  kind: TileKind,
  image: IrTensor,
  left: number,
  { lanes, rows, across, points, tall, wide }: Pieces,
  [places, factors]: readonly IrTensor[],
): IrTensor {
  const [, width, channels] = image.dims as [number, number, number]
  const matrix = matrixOf(kind, wide)
  const [down, reach] = [factors!.dims.at(-1)!, matrix[0]!.length]
  const all = lanes * rows
  const read = g.node('Gather', [image, places!], [all * down, width, channels], 'float32', { axis: 0 })
  const lines = g.reshapeRaw(read, [all, down, width * channels])
  const turned = g.node('MatMul', [factors!, lines], [all, tall.reach, width * channels])
  const seen = g.node(
    'Conv',
    [g.reshapeRaw(turned, [all * tall.reach, 1, width, channels]), constant(g, matrix, [wide.reach, 1, reach, 1])],
    [all * tall.reach, wide.reach, across, channels],
    'float32',
    {
      kernel_shape: [reach, 1],
      strides: [wide.tile, 1],
      pads: [left, 0, (across - 1) * wide.tile + reach - left - width, 0],
    },
  )
  if (rows === 1) return g.reshapeRaw(seen, [lanes, points, across, channels])
  // Of all rows the same point together: one large product a point, and a sum over all tiles for the gradient by a filter.
  const order = () =>
    Int32Array.from({ length: all * points }, (_, at) => {
      const [lane, point, row] = [Math.floor(at / rows / points), Math.floor(at / rows) % points, at % rows]
      return (lane * rows + row) * points + point
    })
  const byPoint = g.node(
    'Gather',
    [g.reshapeRaw(seen, [all * points, across * channels]), g.table(`${points} points of ${lanes}x${rows}`, order)],
    [all * points, across * channels],
    'float32',
    { axis: 0 },
  )
  return g.reshapeRaw(byPoint, [lanes, points, rows * across, channels])
}

/** A piece's pixels [rows of pixels, w, C] of results in Winograd's form [lanes, points, tiles, C]. */
export function pixelsOf(
  g: Lowering,
  products: IrTensor,
  { lanes, rows, across, tall, wide, size: [, width] }: Pieces,
): IrTensor {
  const channels = products.dims.at(-1)!
  const length = rows * across * channels
  const squares = g.reshapeRaw(products, [lanes, tall.reach, wide.reach * length])
  const lines = g.node(
    'MatMul',
    [constant(g, tall.result, [tall.tile, tall.reach]), squares],
    [lanes, tall.tile, wide.reach * length],
  )
  const tiles = g.node(
    'MatMul',
    [constant(g, wide.result, [wide.tile, wide.reach]), g.reshapeRaw(lines, [lanes, tall.tile, wide.reach, length])],
    [lanes, tall.tile, wide.tile, length],
  )
  const places = () => {
    const table: number[] = []
    for (let lane = 0; lane < lanes; lane++)
      for (let y = 0; y < rows * tall.tile; y++)
        for (let x = 0; x < width; x++) {
          const place = (lane * tall.tile + (y % tall.tile)) * wide.tile + (x % wide.tile)
          table.push((place * rows + Math.floor(y / tall.tile)) * across + Math.floor(x / wide.tile))
        }
    return Int32Array.from(table)
  }
  const index = g.table(`pixels of ${lanes}x${rows}x${across} by ${tall.tile}x${wide.tile} to ${width}`, places, [
    lanes * rows * tall.tile,
    width,
  ])
  const inRows = g.reshapeRaw(tiles, [lanes * tall.tile * wide.tile * rows * across, channels])
  return g.node('Gather', [inRows, index], [...index.dims, channels], 'float32', { axis: 0 })
}

const constant = (g: Lowering, matrix: Matrix, dims: readonly number[]): IrTensor =>
  g.graph.constant(Float32Array.from(matrix.flat()), dims, 'float32')
