/** Results of a tile, a side, the inputs that they come from, which reach over by what a filter of 3 does, and points of the transform. */
export const TILE = 4
export const REACH = 6
export const POINTS = REACH ** 2

/** Numbers of a piece's tiles in Winograd's form: with what is made of them, half of a usual third-level cache. */
const PIECE = 1.25 * 2 ** 20

/**
 * How the tiles of all images are shared out. Rows of tiles, image after image, go into `count` pieces, which are worked on one
 * after the other; a piece has `lanes` of `rows` rows of `across` tiles.
 *
 * Lanes stand first in every tensor of a piece: operators share their work out to threads along the first axes, so that with two
 * threads each finds in its own cache what it has made itself. All tensors of a piece being of one length, memory that is used
 * again stays with its thread, too: where two cores have no cache in common this halves the time.
 */
export interface Pieces {
  readonly count: number
  readonly lanes: number
  readonly rows: number
  readonly down: number
  readonly across: number
}

/**
 * `least`: numbers that a piece has at least where there are so many, for what is done once a piece. What fits into one piece is
 * of one lane, so that each filter is read once.
 */
export function piecesOf(
  batch: number,
  [height, width]: readonly [number, number],
  channels: number,
  least: number,
): Pieces {
  const [down, across] = [Math.ceil(height / TILE), Math.ceil(width / TILE)]
  const all = batch * down
  const most = Math.floor(Math.max(PIECE, least) / (POINTS * across * channels))
  if (all <= most) return { count: 1, lanes: 1, rows: all, down, across }
  const lanes = all % 2 === 0 ? 2 : 1
  let rows = Math.min(Math.max(1, Math.floor(most / lanes)), all / lanes)
  while ((all / lanes) % rows !== 0) rows--
  return { count: all / lanes / rows, lanes, rows, down, across }
}
