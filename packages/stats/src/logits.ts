import { checkInteger } from './arguments.ts'

/**
 * Probability that each bit of a key is the one an extractor's logit stands for: 1/(1 + exp(-temperature·logit·(2·bit - 1))).
 * @param logits one finite number a bit; above 0 reads as 1
 * @param bits the key, 0 or 1 each, as many as logits
 * @param temperature positive; 1 where logits are calibrated log-odds
 * @throws RangeError for lengths that differ, a bit that is not 0 or 1, a logit that is not finite
 */
export function bitProbabilities(logits: ArrayLike<number>, bits: ArrayLike<number>, temperature = 1): Float64Array {
  const result = new Float64Array(signedLogits(logits, bits, temperature))
  return result.map((x) => 1 / (1 + Math.exp(-x)))
}

/**
 * Evidence for a key in the logits against fair coins: sum of log10(2·probability_i), in decades; at most 0.30103 a bit.
 * Unlike a count of matches it weighs each bit by how surely it was read. Computed as ln 2 - ln(1 + e^-x), which holds where
 * the probability has underflowed.
 * @throws RangeError as bitProbabilities
 */
export function log10LikelihoodRatio(logits: ArrayLike<number>, bits: ArrayLike<number>, temperature = 1): number {
  let sum = 0
  for (const x of signedLogits(logits, bits, temperature))
    sum += Math.LN2 + Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)))
  return sum / Math.LN10
}

/** temperature·logit, positive where it agrees with the key's bit. */
function signedLogits(logits: ArrayLike<number>, bits: ArrayLike<number>, temperature: number): Float64Array {
  if (logits.length !== bits.length)
    throw new RangeError(`logits and bits must be equally many, but are ${logits.length} and ${bits.length}`)
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY))
    throw new RangeError(`temperature must be a positive number, but is ${temperature}`)
  const result = new Float64Array(logits.length)
  for (let i = 0; i < result.length; i++) {
    const logit = logits[i] ?? Number.NaN
    const bit = bits[i] ?? Number.NaN
    checkInteger(`bits[${i}]`, bit, 0, 1)
    if (!Number.isFinite(logit)) throw new RangeError(`logits[${i}] must be a finite number, but is ${logit}`)
    result[i] = temperature * logit * (2 * bit - 1)
  }
  return result
}
