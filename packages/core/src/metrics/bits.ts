import { StableSigError } from '../errors.ts'

/** Bits that logits read as: 1 above 0, else 0 (a logit of exactly 0 is a 0). */
export function bitsOf(logits: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(logits, (logit) => (logit > 0 ? 1 : 0))
}

/**
 * How many bits read from `logits` are the key's.
 * @throws StableSigError 'shape' when the lengths differ, 'not-finite' when a logit is no number
 */
export function matchingBits(logits: ArrayLike<number>, key: ArrayLike<number>): { matches: number; total: number } {
  if (logits.length !== key.length)
    throw new StableSigError('shape', `${logits.length} logits against a key of ${key.length} bits`)
  let matches = 0
  for (let i = 0; i < key.length; i++) {
    const logit = logits[i] ?? Number.NaN
    if (Number.isNaN(logit)) throw new StableSigError('not-finite', `logit ${i} is not a number`)
    if (Number(logit > 0) === key[i]) matches++
  }
  return { matches, total: key.length }
}
