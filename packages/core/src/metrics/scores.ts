import { badArgument } from '../arguments.ts'
import { StableSigError } from '../errors.ts'

/** Scores of decisions, at least one and none of them NaN. @throws StableSigError 'bad-argument' */
export function checkScores(scores: ArrayLike<number>, name: string): void {
  if (typeof scores !== 'object' || scores === null || typeof scores.length !== 'number')
    throw badArgument(name, 'an array of scores', scores)
  if (scores.length === 0) throw new StableSigError('bad-argument', `${name}: expected at least one score, found none`)
  for (let i = 0; i < scores.length; i++)
    if (typeof scores[i] !== 'number' || Number.isNaN(scores[i]))
      throw new StableSigError('bad-argument', `${name}: score ${i + 1} of ${scores.length} is not a number`)
}
