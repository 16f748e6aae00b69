import { type Interval, normalQuantile } from '@stablesig/stats'

/** Successes of one key on one image, of the same number of trials each. */
export interface Cell {
  readonly key: number
  readonly image: number
  readonly successes: number
}

/**
 * Interval for a rate over keys and images. The bits of one image stand or fall together, and so do one image's readings under several
 * keys and one key's over several images: taken as so many independent trials they would give an interval that is far too narrow. So the
 * variance is that of sums by image, plus that of sums by key, less that of cells, which both have (Cameron, Gelbach and Miller 2011),
 *   V = (I/(I-1) sum_i r_i² + K/(K-1) sum_k r_k² - n/(n-1) sum_ik r_ik²) / M²,  r = successes - rate·trials,
 * never less than any one of the three; rate·(1-rate)/V is how many independent trials the data are worth, and Wilson's score interval
 * is taken for so many. Where all or none succeed there is no scatter to see, and trials count as independent: the interval is then the
 * narrowest that can be.
 * @param trials of each cell, from 1
 * @param confidence (0,1), e.g. 0.95
 */
export function clusteredInterval(cells: readonly Cell[], trials: number, confidence = 0.95): Interval {
  const total = cells.length * trials
  const rate = cells.reduce((sum, { successes }) => sum + successes, 0) / total
  const residual = (cell: Cell) => cell.successes - rate * trials
  const scatter = (of: (cell: Cell, place: number) => number) => {
    const sums = new Map<number, number>()
    for (const [place, cell] of cells.entries())
      sums.set(of(cell, place), (sums.get(of(cell, place)) ?? 0) + residual(cell))
    const squares = [...sums.values()].reduce((sum, value) => sum + value ** 2, 0)
    return sums.size > 1 ? (squares * sums.size) / (sums.size - 1) : 0
  }
  const byImage = scatter(({ image }) => image)
  const byKey = scatter(({ key }) => key)
  const byCell = scatter((_, place) => place)
  const variance = Math.max(byImage + byKey - byCell, byImage, byKey, byCell) / total ** 2
  const worth = variance > 0 ? (rate * (1 - rate)) / variance : total
  return scoreInterval(rate, Math.min(worth, total), confidence)
}

/** Wilson's score interval of a rate that `n` trials gave; n need not be whole. */
function scoreInterval(rate: number, n: number, confidence: number): Interval {
  const square = normalQuantile((1 + confidence) / 2) ** 2
  const low = (share: number) => {
    const spread = Math.sqrt(square * ((share * (1 - share)) / n + square / (4 * n * n)))
    return (share * share) / (share + square / (2 * n) + spread)
  }
  return { low: rate === 0 ? 0 : low(rate), high: rate === 1 ? 1 : 1 - low(1 - rate) }
}
