import {
  concat,
  keep,
  mul,
  reshape,
  square,
  sub,
  sum,
  type Tensor1D,
  type Tensor4D,
  type Tensor5D,
  tensor1d,
  tensor5d,
  tidy,
} from '@tensorflow/tfjs-core'
import { at } from '../../at.ts'
import type { Stage } from '../../models/autoencoders/autoencoder.ts'
import type { Weights } from '../../models/weights.ts'
import { changingInput } from '../../ops/hints.ts'
import type { GroupStatistics, NormContext } from '../../ops/norm-statistics.ts'
import { maskOf, type Span } from './spans.ts'

/** Mean and variance by group of what one group norm takes, of a whole image. */
export interface NormStatistics {
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** A tile's share in the statistics of one norm. */
export interface TileMoments {
  /** Means of G groups over the tile's own positions, then their sums of squared deviations: [2·G]. */
  readonly values: Float32Array
  /** Values that a group has there. */
  readonly count: number
}

/** What a tile gave: the network's output, or where the first norm is whose statistics are not known, moments of what it takes. */
export type TileResult =
  | { readonly output: Tensor4D; readonly moments?: never }
  | { readonly moments: Tensor1D; readonly count: number; readonly output?: never }

/** The group norms of a network that runs on a tile: normalised by what is known, and measured at the first of which nothing is. */
class TileNorms implements NormContext {
  readonly #row: Span
  readonly #column: Span
  readonly #known: readonly NormStatistics[]
  #norm = 0
  /** Of what the first norm takes whose statistics are not known; what the network gives behind it is of no use. */
  measured: { readonly moments: Tensor1D; readonly count: number } | null = null

  /** @param known in the order of the norms */
  constructor(row: Span, column: Span, known: readonly NormStatistics[]) {
    this.#row = row
    this.#column = column
    this.#known = known
  }

  statisticsFor(x: Tensor5D): GroupStatistics | undefined {
    const given = this.#known[this.#norm++]
    if (given) return { mean: asGroups(given.mean), variance: asGroups(given.variance) }
    if (!this.measured) {
      const [, height, width, , channels] = x.shape
      const rows = maskOf(this.#row, height / this.#row.length)
      const columns = maskOf(this.#column, width / this.#column.length)
      const count = ones(rows) * ones(columns) * channels
      // Kept beyond the scopes of the stage in which the norm stands.
      this.measured = { moments: keep(momentsOf(x, rows, columns, count)), count }
    }
    return undefined
  }
}

/**
 * Applies a network to a tile with the statistics of the whole image at its group norms, as far as they are known. It ends with the
 * stage of the first norm of which they are not; an engine that computes only what is read computes nothing behind that norm.
 * @param known in the order of the norms
 */
export function applyWithStatistics(
  { stages, weights }: { readonly stages: readonly Stage[]; readonly weights: Weights },
  x: Tensor4D,
  row: Span,
  column: Span,
  known: readonly NormStatistics[],
): TileResult {
  const norms = new TileNorms(row, column, known)
  try {
    const [output] = tidy((): Tensor4D[] => {
      let y = x
      for (const stage of stages) {
        y = stage.apply(weights, y, norms)
        if (norms.measured) return []
      }
      return [y.clone()]
    })
    if (output) return { output }
    if (norms.measured) return norms.measured
    throw new RangeError('a network gave nothing')
  } catch (error) {
    norms.measured?.moments.dispose()
    throw error
  }
}

const ones = (mask: readonly number[]): number => mask.reduce((total, one) => total + one, 0)

const asGroups = (values: Float64Array): Tensor5D => tensor5d(Float32Array.from(values), [1, 1, 1, values.length, 1])

/** Means and squared deviations of x [1,H,W,G,C] over the marked positions: [2·G]. Deviations are from the tile's own mean. */
function momentsOf(x: Tensor5D, rows: readonly number[], columns: readonly number[], count: number): Tensor1D {
  return tidy(() => {
    const mask = mul<Tensor5D>(
      reshape(tensor1d([...rows]), [1, -1, 1, 1, 1]),
      reshape(tensor1d([...columns]), [1, 1, -1, 1, 1]),
    )
    // A tensor, not a number: tiles at an edge count other positions, and are to be the same graph.
    const share = changingInput(1 / count)
    const over = [1, 2, 4]
    const mean = mul<Tensor5D>(sum(mul(x, mask), over, true), share)
    const deviations = sum(mul(square(sub(x, mean)), mask), over)
    return concat([reshape(mean, [-1]), reshape(deviations, [-1])])
  })
}

/**
 * Statistics of an image from those of its tiles, exact but for rounding: means and squared deviations are joined pair by pair,
 * so that nothing cancels (Chan, Golub and LeVeque 1979).
 */
export function joinMoments(tiles: readonly TileMoments[]): NormStatistics {
  const groups = at(tiles, 0).values.length / 2
  const mean = new Float64Array(groups)
  const squares = new Float64Array(groups)
  let total = 0
  for (const { values, count } of tiles) {
    for (let g = 0; g < groups; g++) {
      const apart = at(values, g) - at(mean, g)
      mean[g]! += (apart * count) / (total + count)
      squares[g]! += at(values, groups + g) + (apart * apart * count * total) / (total + count)
    }
    total += count
  }
  return { mean, variance: squares.map((sum) => sum / total) }
}
