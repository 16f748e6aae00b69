import type { Lowering } from '../lowering/lowering.ts'
import type { Raw } from '../lowering/value.ts'

/** Results of a tile, a side, and the inputs that they come from, which reach over by what a filter of 3 does. */
export const TILE = 4
export const REACH = 6
export const RESULTS = TILE ** 2

interface Tiling {
  /** Side of a tile as it is read; the next one begins 4 pixels on. */
  readonly reach: typeof TILE | typeof REACH
  /** Rows and columns of zeros before the image, [top, left, …]. */
  readonly before: readonly number[]
  /** Height and width of what tiles of 4x4 results cover. */
  readonly results: readonly [number, number]
  /** Made so that nothing takes them for others of the same image. */
  readonly again?: boolean
}

/** [N,H,W,C] -> [reach², T, C]: the pixels at one place of all tiles, tiles by image, row and column. */
export function tilesOf(g: Lowering, image: Raw, { reach, before, results, again = false }: Tiling): Raw {
  const [batch, height, width, channels] = image.dims as [number, number, number, number]
  const [top, left] = before as [number, number]
  const [down, across] = results.map((side) => Math.ceil(side / TILE)) as [number, number]
  const pixels = batch * height * width
  const places = () => {
    const list: number[] = []
    for (let i = 0; i < reach; i++)
      for (let j = 0; j < reach; j++)
        for (let n = 0; n < batch; n++)
          for (let a = 0; a < down; a++)
            for (let b = 0; b < across; b++) {
              const [y, x] = [a * TILE + i - top, b * TILE + j - left]
              const isPixel = y >= 0 && y < height && x >= 0 && x < width
              list.push(isPixel ? (n * height + y) * width + x + (again ? 1 : 0) : again ? 0 : pixels)
            }
    return Int32Array.from(list)
  }
  const within = (count: number, from: number, side: number) => from <= 0 && (count - 1) * TILE + reach - from <= side
  const inside = !again && within(down, top, height) && within(across, left, width)
  // A row of zeros stands for all that lies outside, behind the pixels or before them.
  const pads = again ? [1, 0, 0, 0] : [0, 0, 1, 0]
  const rows = g.reshapeRaw(image, [pixels, channels])
  const padded = inside ? rows : g.node('Pad', [rows, g.integers(pads), g.float(0)], [pixels + 1, channels])
  const name = `tiles ${reach} ${batch}x${height}x${width} from ${top},${left} over ${down}x${across} ${again}`
  const tiles = batch * down * across
  const read = g.node('Gather', [padded, g.table(name, places)], [reach ** 2 * tiles, channels], 'float32', { axis: 0 })
  return g.reshapeRaw(read, [reach ** 2, tiles, channels])
}

/** Tiles of results [16,T,C] -> [N,h,w,C]. */
export function fromTiles(g: Lowering, tiles: Raw, batch: number, [height, width]: readonly [number, number]): Raw {
  const [, count, channels] = tiles.dims as [number, number, number]
  const [down, across] = [Math.ceil(height / TILE), Math.ceil(width / TILE)]
  const places = () => {
    const list: number[] = []
    for (let n = 0; n < batch; n++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const tile = (n * down + Math.floor(y / TILE)) * across + Math.floor(x / TILE)
          list.push(((y % TILE) * TILE + (x % TILE)) * count + tile)
        }
    return Int32Array.from(list)
  }
  const rows = g.reshapeRaw(tiles, [RESULTS * count, channels])
  const index = g.table(`from tiles ${batch}x${height}x${width}`, places)
  const image = g.node('Gather', [rows, index], [batch * height * width, channels], 'float32', { axis: 0 })
  return g.reshapeRaw(image, [batch, height, width, channels])
}
