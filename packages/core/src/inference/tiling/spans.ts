/** Where a tile is cut out along one axis, and for which of its positions it counts. */
export interface Span {
  readonly from: number
  readonly length: number
  /** Its own positions, of the whole axis: [start, end). The others only surround them. */
  readonly start: number
  readonly end: number
}

/**
 * Cuts `size` positions into tiles of one length, each position counted once. A position is right in a tile if all that it
 * sees is there: `halo` positions on both sides, or the image's own edge. So each tile counts a core of length - 2 halo (or up
 * to an edge), and tiles that would stick out are moved inwards. Of one length, so that a compiling engine makes one graph.
 * @param step tiles and cores begin at multiples of it; `halo` is one
 */
export function spans(size: number, atMost: number, halo: number, step = 1): Span[] {
  if (atMost >= size) return [{ from: 0, length: size, start: 0, end: size }]
  // As far from the size as whole steps are, so that the last tile ends where the axis does.
  const length = size - Math.ceil((size - atMost) / step) * step
  const core = Math.floor((length - 2 * halo) / step) * step
  const found: Span[] = []
  for (let start = 0; start < size; start += core) {
    const from = Math.max(0, Math.min(start - halo, size - length))
    found.push({ from, length, start, end: Math.min(size, start + core) })
  }
  return found
}

/**
 * 1 at the positions that are a tile's own, 0 at those that only surround them.
 * @param scale positions that one of the span is there where it is asked; of a share of one, each position stands for its first
 */
export function maskOf({ from, length, start, end }: Span, scale = 1): number[] {
  const [first, last] = [(start - from) * scale, (end - from) * scale]
  return Array.from({ length: Math.ceil(length * scale) }, (_, i) => (i >= first && i < last ? 1 : 0))
}
