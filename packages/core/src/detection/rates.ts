import { threshold } from '@stablesig/stats'
import { checkNumber } from '../arguments.ts'
import { StableSigError } from '../errors.ts'

/** Greatest rate of false positives that decisions are made at where none is asked for. */
export const DEFAULT_FPR = 1e-6

/** Throws unless `fpr` is a rate at which anything can be decided: above 0 and below 1. */
export function checkFpr(fpr: number): void {
  checkNumber(fpr, 'fpr', 'a false-positive rate between 0 and 1 (both excluded)', (rate) => rate > 0 && rate < 1)
}

/**
 * Least number of matching bits that decides at `fpr` among `users` keys.
 * @throws StableSigError 'unattainable' where not even all bits matching are rare enough
 */
export function attainableThreshold(total: number, fpr: number, users = 1): number {
  checkFpr(fpr)
  const least = threshold(total, fpr, { users })
  if (least <= total) return least
  const among = users === 1 ? '' : ` among ${users} keys`
  throw new StableSigError(
    'unattainable',
    `${total} bits cannot decide at a false-positive rate of ${fpr}${among}: all of them agree by chance more often than ` +
      'that. Use a longer key, fewer users or a higher rate',
  )
}
