import { type Axes, type Filtering, FOUR, SIX } from './winograd-transforms.ts'

/** Numbers of a piece's tiles in Winograd's form: with what is made of them, half of a usual third-level cache. */
const PIECE = 1.25 * 2 ** 20
/** Points of a larger tiling for one of a smaller one, below which it is worth its larger filters. */
const WORTH = 0.95

/** How results [N,h,w] are cut into tiles, `down` by `across` an image. */
export interface Tiling extends Axes {
  readonly batch: number
  readonly size: readonly [number, number]
  readonly down: number
  readonly across: number
}

/** Convolution of `inputs` by `outputs` channels with results [N,h,w]. */
interface Extent {
  readonly batch: number
  readonly size: readonly [number, number]
  readonly inputs: number
  readonly outputs: number
}

/**
 * Tiles of four results a side, or of six where this leaves less to multiply: 2 numbers a pixel of tiles of 4x6 in place of 2.25.
 * Six rows only where they come out even, as surplus rows would have to be cut off all results; surplus columns are left out as
 * results are put in their places. And six only with at least as many tiles as channels: filters grow with them.
 */
export function tilingOf({ batch, size, inputs, outputs }: Extent): Tiling {
  const [height, width] = size
  const points = (length: number, { tile, reach }: Filtering) => Math.ceil(length / tile) * reach
  const isWorth = (length: number) => points(length, SIX) < WORTH * points(length, FOUR)
  const of = (tall: Filtering, wide: Filtering): Tiling => {
    const [down, across] = [Math.ceil(height / tall.tile), Math.ceil(width / wide.tile)]
    return { batch, size, tall, wide, down, across }
  }
  const large = of(height % SIX.tile === 0 && isWorth(height) ? SIX : FOUR, isWorth(width) ? SIX : FOUR)
  return batch * large.down * large.across >= Math.max(inputs, outputs) ? large : of(FOUR, FOUR)
}

/**
 * How the tiles of all images are shared out. Rows of tiles, image after image, go into `count` pieces, which are worked on one
 * after the other; a piece has `lanes` of `rows` rows of tiles.
 *
 * Lanes stand first in every tensor of a piece: operators share their work out to threads along the first axes, so that with two
 * threads each finds in its own cache what it has made itself. Where two cores have no cache in common this halves the time.
 */
export interface Pieces extends Tiling {
  readonly count: number
  readonly lanes: number
  readonly rows: number
  /** Points of the transform: numbers a tile and channel. */
  readonly points: number
}

/**
 * `filters`: how many filters are read or written once a piece; it has at least as many numbers as they, where there are so many.
 * What fits into one piece is of one lane, so that each filter is read once.
 */
export function piecesOf(extent: Extent, filters: number): Pieces {
  const { inputs, outputs } = extent
  const tiling = tilingOf(extent)
  const points = tiling.tall.reach * tiling.wide.reach
  const all = tiling.batch * tiling.down
  const least = filters * points * inputs * outputs
  const most = Math.floor(Math.max(PIECE, least) / (points * tiling.across * Math.max(inputs, outputs)))
  if (all <= most) return { ...tiling, points, count: 1, lanes: 1, rows: all }
  const lanes = all % 2 === 0 ? 2 : 1
  let rows = Math.min(Math.max(1, Math.floor(most / lanes)), all / lanes)
  while ((all / lanes) % rows !== 0) rows--
  return { ...tiling, points, count: all / lanes / rows, lanes, rows }
}
