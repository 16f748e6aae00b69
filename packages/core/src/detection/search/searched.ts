import { falsePositiveRate } from '@stablesig/stats'
import type { BestReading, Searched } from '../decision.ts'
import type { ReadCandidates } from './read-candidates.ts'

interface Decided {
  readonly matches: number
  readonly total: number
}

/** A decision from the best of an image's readings, with which candidate it was. It is changed and given back. */
export function stateSearch<D extends Decided>(
  decision: D & BestReading,
  { candidates, considered }: ReadCandidates,
): D & { readonly search: Searched } {
  const { reading, readings: compared, matches, total } = decision
  const candidate = candidates[reading]!
  const rawPValue = falsePositiveRate(matches, total)
  return Object.assign(decision, { search: { candidate, compared, considered, rawPValue } })
}
