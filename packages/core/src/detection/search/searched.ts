import { falsePositiveRate } from '@stablesig/stats'
import type { BestReading, Searched } from '../decision.ts'
import type { ReadCandidates } from './read-candidates.ts'

/**
 * A decision from the best of an image's readings, as `decideBest` or `softDecide` give it, with which candidate of the search it was.
 * It is changed and given back.
 * @param rawPValue of the one reading; by default that of counted bits
 */
export function stateSearch<D extends { readonly matches: number; readonly total: number }>(
  decision: D & BestReading,
  { candidates, considered }: ReadCandidates,
  rawPValue = falsePositiveRate(decision.matches, decision.total),
): D & { readonly search: Searched } {
  const { reading, readings: compared } = decision
  const candidate = candidates[reading]
  if (!candidate) throw new RangeError(`reading ${reading} of ${candidates.length}`)
  return Object.assign(decision, { search: { candidate, compared, considered, rawPValue } })
}
