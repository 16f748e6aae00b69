import type { Lowering } from '../lowering/lowering.ts'
import type { Raw } from '../lowering/value.ts'
import { type Pieces, POINTS, REACH, TILE } from './winograd-pieces.ts'
import { type Matrix, matrices, RESULT } from './winograd-transforms.ts'

/** Which tiles are read of an image: those that results come from, which overlap, or those of gradients by results. */
export type TileKind = keyof typeof matrices

/**
 * Tables for a scan to cut into pieces: for each row of tiles the image's rows that it reads, by number, and the matrix that
 * transforms them. Where a row would lie outside of the image, one near by is read, and the matrix has zeros for it.
 */
export function tileRows(g: Lowering, kind: TileKind, image: Raw, top: number, pieces: Pieces): readonly [Raw, Raw] {
  const [batch, height] = image.dims as [number, number, number, number]
  const { count, lanes, rows, down } = pieces
  const matrix = matrices[kind]
  const reach = matrix[0]!.length
  const near = (y: number) => Math.min(Math.max(y, 0), height - 1)
  const each = (visit: (y: number, image: number) => number[]) =>
    Array.from({ length: count * lanes * rows }, (_, row) =>
      visit((row % down) * TILE - top, Math.floor(row / down)),
    ).flat()
  const places = () =>
    Int32Array.from(each((y, n) => Array.from({ length: reach }, (_, i) => n * height + near(y + i))))
  const factors = () =>
    Float32Array.from(each((y) => matrix.flatMap((line) => line.map((v, i) => (y + i === near(y + i) ? v : 0)))))
  const name = `${kind} ${batch}x${height} from ${top} ${count}x${lanes}x${rows} of ${down}`
  return [
    g.table(`rows of ${name}`, places, [count, lanes * rows * reach]),
    g.table(`matrices of ${name}`, factors, [count, lanes * rows, REACH, reach]),
  ]
}

/**
 * A piece's tiles in Winograd's form [lanes, 36, tiles, C] of an image's rows [N·h, w, C]: rows by a product with their matrices,
 * columns by a convolution that goes from tile to tile.
 */
export function transformedTiles(
  g: Lowering,
  kind: TileKind,
  image: Raw,
  left: number,
  { lanes, rows, across }: Pieces,
  [places, factors]: readonly Raw[],
): Raw {
  const [, width, channels] = image.dims as [number, number, number]
  const matrix = matrices[kind]
  const reach = matrix[0]!.length
  const all = lanes * rows
  const read = g.node('Gather', [image, places!], [all * reach, width, channels], 'float32', { axis: 0 })
  const lines = g.reshapeRaw(read, [all, reach, width * channels])
  const turned = g.node('MatMul', [factors!, lines], [all, REACH, width * channels])
  const seen = g.node(
    'Conv',
    [g.reshapeRaw(turned, [all * REACH, 1, width, channels]), constant(g, matrix, [REACH, 1, reach, 1])],
    [all * REACH, REACH, across, channels],
    'float32',
    {
      kernel_shape: [reach, 1],
      strides: [TILE, 1],
      pads: [left, 0, (across - 1) * TILE + reach - left - width, 0],
    },
  )
  if (rows === 1) return g.reshapeRaw(seen, [lanes, POINTS, across, channels])
  const order = () => {
    const points = Array.from({ length: all * POINTS }, (_, at) => at)
    return Int32Array.from(points, (at) => {
      const [lane, point, row] = [Math.floor(at / rows / POINTS), Math.floor(at / rows) % POINTS, at % rows]
      return (lane * rows + row) * POINTS + point
    })
  }
  const byPoint = g.node(
    'Gather',
    [g.reshapeRaw(seen, [all * POINTS, across * channels]), g.table(`points of ${lanes}x${rows}`, order)],
    [all * POINTS, across * channels],
    'float32',
    { axis: 0 },
  )
  return g.reshapeRaw(byPoint, [lanes, POINTS, rows * across, channels])
}

/** A piece's pixels [rows of pixels·w, C] of results in Winograd's form [lanes, 36, tiles, C]. */
export function pixelsOf(g: Lowering, products: Raw, { lanes, rows, across }: Pieces, width: number): Raw {
  const channels = products.dims.at(-1)!
  const length = rows * across * channels
  const matrix = constant(g, RESULT, [TILE, REACH])
  const squares = g.reshapeRaw(products, [lanes, REACH, REACH * length])
  const lines = g.node('MatMul', [matrix, squares], [lanes, TILE, REACH * length])
  const tiles = g.node(
    'MatMul',
    [matrix, g.reshapeRaw(lines, [lanes, TILE, REACH, length])],
    [lanes, TILE, TILE, length],
  )
  const places = () => {
    const table: number[] = []
    for (let lane = 0; lane < lanes; lane++)
      for (let y = 0; y < rows * TILE; y++)
        for (let x = 0; x < width; x++) {
          const place = (lane * TILE + (y % TILE)) * TILE + (x % TILE)
          table.push((place * rows + Math.floor(y / TILE)) * across + Math.floor(x / TILE))
        }
    return Int32Array.from(table)
  }
  const index = g.table(`pixels of ${lanes}x${rows}x${across} to ${width}`, places)
  const inRows = g.reshapeRaw(tiles, [lanes * TILE ** 2 * rows * across, channels])
  return g.node('Gather', [inRows, index], [lanes * rows * TILE * width, channels], 'float32', { axis: 0 })
}

const constant = (g: Lowering, matrix: Matrix, dims: readonly number[]): Raw =>
  g.graph.constant(Float32Array.from(matrix.flat()), dims, 'float32')
