import type { Lowering } from '../lowering/lowering.ts'
import type { Raw } from '../lowering/value.ts'
import type { Pieces } from './winograd-pieces.ts'

/** Results of a tile, a side, and the inputs that they come from, which reach over by what a filter of 3 does. */
export const TILE = 4
export const REACH = 6
export const RESULTS = TILE ** 2

interface Tiling {
  /** Side of a tile as it is read; the next one begins 4 pixels on. */
  readonly reach: typeof TILE | typeof REACH
  /** Rows and columns of zeros before the image, [top, left, …]. */
  readonly before: readonly number[]
  readonly pieces: Pieces
}

/**
 * Where the tiles of images [N,h,w,C] lie: tables for a scan to cut into pieces. The first has, for each number of a tile, by lane,
 * place in the tile, row and column of tiles, its pixel, or one near by where there is none. A second, where such are, has 1
 * where there is a pixel and 0 where there is none.
 */
export function placesOf(g: Lowering, image: Raw, { reach, before, pieces }: Tiling): Raw[] {
  const [batch, height, width] = image.dims as [number, number, number, number]
  const [top, left] = before as [number, number]
  const { count, lanes, rows, down, across } = pieces
  const length = lanes * reach ** 2 * rows * across
  const within = (tiles: number, from: number, side: number) => from <= 0 && (tiles - 1) * TILE + reach - from <= side
  const each = (visit: (y: number, x: number, image: number, at: number) => void) => {
    let at = 0
    for (let lane = 0; lane < count * lanes; lane++)
      for (let i = 0; i < reach; i++)
        for (let j = 0; j < reach; j++)
          for (let row = lane * rows; row < (lane + 1) * rows; row++)
            for (let b = 0; b < across; b++)
              visit((row % down) * TILE + i - top, b * TILE + j - left, Math.floor(row / down), at++)
  }
  const near = (at: number, side: number) => Math.min(Math.max(at, 0), side - 1)
  const pixels = () => {
    const table = new Int32Array(count * length)
    each((y, x, n, at) => {
      table[at] = (n * height + near(y, height)) * width + near(x, width)
    })
    return table
  }
  const inside = () => {
    const table = new Float32Array(count * length)
    each((y, x, _, at) => {
      table[at] = y === near(y, height) && x === near(x, width) ? 1 : 0
    })
    return table
  }
  const name = `${reach} ${batch}x${height}x${width} from ${top},${left} ${Object.values(pieces)}`
  const tables = [g.table(`tiles ${name}`, pixels, [count, length])]
  if (!within(down, top, height) || !within(across, left, width))
    tables.push(g.table(`inside ${name}`, inside, [count, length, 1]))
  return tables
}

/** A piece's tiles [lanes, reach, reach, tiles·C] of pixels [N·h·w, C], zeros where there are none. */
export function tilesOf(g: Lowering, pixels: Raw, pieces: Pieces, reach: number, [at, inside]: readonly Raw[]): Raw {
  const channels = pixels.dims[1]!
  const dims = [at!.dims[0]!, channels]
  const read = g.node('Gather', [pixels, at!], dims, 'float32', { axis: 0 })
  const tiles = inside ? g.node('Mul', [read, inside], dims) : read
  return g.reshapeRaw(tiles, [pieces.lanes, reach, reach, pieces.rows * pieces.across * channels])
}

/** A piece's pixels [rows of pixels·w, C] of tiles of results [lanes, 6, 6, tiles·C], of each of which 4x4 count. */
export function fromTiles(
  g: Lowering,
  tiles: Raw,
  { lanes, rows, across }: Pieces,
  width: number,
  channels: number,
): Raw {
  const places = () => {
    const table: number[] = []
    for (let lane = 0; lane < lanes; lane++)
      for (let y = 0; y < rows * TILE; y++)
        for (let x = 0; x < width; x++) {
          const place = (lane * REACH + (y % TILE)) * REACH + (x % TILE)
          table.push((place * rows + Math.floor(y / TILE)) * across + Math.floor(x / TILE))
        }
    return Int32Array.from(table)
  }
  const all = lanes * REACH ** 2 * rows * across
  const index = g.table(`from tiles ${lanes}x${rows}x${across} to ${width}`, places)
  const inRows = g.reshapeRaw(tiles, [all, channels])
  return g.node('Gather', [inRows, index], [lanes * rows * TILE * width, channels], 'float32', { axis: 0 })
}
