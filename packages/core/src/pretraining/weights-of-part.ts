import type { Weights } from '../models/weights.ts'

/** One part's weights under its own names, out of those of several whose names begin with the part's: as views, not copies. */
export function weightsOfPart(part: string, weights: Weights): Weights {
  const own = Object.entries(weights).filter(([name]) => name.startsWith(`${part}.`))
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(part.length + 1), tensor]))
}
