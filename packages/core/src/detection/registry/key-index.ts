import { onesOfTwo, type PackedKeys } from './packed-keys.ts'

/** One piece of every key: rows sorted by the value of the bits [offset, offset + width). */
interface Chunk {
  readonly offset: number
  readonly width: number
  /** starts[v] .. starts[v + 1] are the places in `rows` of the rows whose piece is v. */
  readonly starts: Uint32Array
  readonly rows: Uint32Array
}

/**
 * Exact multi-index hashing (Norouzi, Punjani, Fleet 2012). A key of k bits is cut into m pieces. Let r = m a + b, b < m.
 * If a key is within distance r of the query, then one of the first b + 1 pieces differs in at most a bits, or one of the
 * others in at most a - 1: otherwise the distance were at least (b + 1)(a + 1) + (m - b - 1) a = r + 1. So probing each
 * piece's table within these small radii misses nothing. With pieces of about log2(rows) bits a probe meets about one row.
 */
export class KeyIndex {
  /** Rows 0 .. size - 1 are in the index. */
  readonly size: number
  readonly #keys: PackedKeys
  readonly #chunks: readonly Chunk[]

  constructor(keys: PackedKeys) {
    this.size = keys.size
    this.#keys = keys
    const width = Math.min(20, Math.max(8, Math.ceil(Math.log2(Math.max(2, keys.size)))))
    const count = Math.ceil(keys.bits / width)
    const border = (i: number): number => Math.floor((i * keys.bits) / count)
    this.#chunks = Array.from({ length: count }, (_, i) => sortByPiece(keys, border(i), border(i + 1) - border(i)))
  }

  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.starts.byteLength + chunk.rows.byteLength, 0)
  }

  /** What a search costs, in rows looked at plus tables probed; as a scan's cost is its rows. */
  cost(radius: number): number {
    return this.#chunks.reduce((sum, chunk, i) => {
      const probes = ballSize(chunk.width, this.#reach(i, radius))
      return sum + probes * (1 + this.size / 2 ** chunk.width)
    }, 0)
  }

  /** Calls `found` once for each row within `radius` of `query`, in no order. */
  search(query: Uint32Array, radius: number, found: (row: number, distance: number) => void): void {
    const seen = new Set<number>()
    this.#chunks.forEach(({ offset, width, starts, rows }, i) => {
      const reach = this.#reach(i, radius)
      if (reach < 0) return
      const piece = pieceOf(query, 0, offset, width)
      for (const flips of ball(width, reach)) {
        const end = starts[(piece ^ flips) + 1]!
        for (let at = starts[piece ^ flips]!; at < end; at++) {
          const row = rows[at]!
          const distance = this.#keys.distance(row, query)
          if (distance > radius || seen.has(row)) continue
          seen.add(row)
          found(row, distance)
        }
      }
    })
  }

  /** How many bits of piece i may differ; below 0 where it need not be probed. */
  #reach(i: number, radius: number): number {
    const count = this.#chunks.length
    const a = Math.floor(radius / count)
    return Math.min(i <= radius % count ? a : a - 1, this.#chunks[i]!.width)
  }
}

/** A counting sort of all rows by one piece of their keys. */
function sortByPiece(keys: PackedKeys, offset: number, width: number): Chunk {
  const { words, lanes, size } = keys
  const starts = new Uint32Array(2 ** width + 1)
  for (let row = 0; row < size; row++) starts[pieceOf(words, row * lanes, offset, width) + 1]!++
  for (let v = 0; v < 2 ** width; v++) starts[v + 1]! += starts[v]!
  const rows = new Uint32Array(size)
  const next = starts.slice()
  for (let row = 0; row < size; row++) rows[next[pieceOf(words, row * lanes, offset, width)]!++] = row
  return { offset, width, starts, rows }
}

/** Bits [offset, offset + width) of the key whose words start at `at`; width <= 20, so two words hold them. */
function pieceOf(words: Uint32Array, at: number, offset: number, width: number): number {
  const shift = offset & 31
  const lane = at + (offset >>> 5)
  let value = words[lane]! >>> shift
  if (shift + width > 32) value |= words[lane + 1]! << (32 - shift)
  return value & (2 ** width - 1)
}

/** Number of words of `width` bits with at most `radius` ones; 0 for a negative radius. */
function ballSize(width: number, radius: number): number {
  let sum = 0
  let choose = 1
  for (let i = 0; i <= radius; i++) {
    sum += choose
    choose = (choose * (width - i)) / (i + 1)
  }
  return sum
}

const balls = new Map<number, Uint32Array>()

/** Every word of `width` bits with at most `radius` ones. A search only asks for those that are cheaper than a scan. */
function ball(width: number, radius: number): Uint32Array {
  const name = 32 * width + radius
  let words = balls.get(name)
  if (words === undefined) {
    words = new Uint32Array(ballSize(width, radius))
    let count = 0
    for (let v = 0; v < 2 ** width; v++) if (onesOfTwo(v, 0) <= radius) words[count++] = v
    balls.set(name, words)
  }
  return words
}
