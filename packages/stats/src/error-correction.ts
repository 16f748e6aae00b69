import { checkInteger, checkProbability } from './arguments.ts'
import { lowerTailExtended, upperTail } from './binomial.ts'
import { Extended } from './extended.ts'

const MAX_CODE_LENGTH = 1e6

/**
 * Chance that a code of `length` bits correcting `errors` errors fails: P(Bin(length, bitErrorRate) > errors).
 * @throws RangeError for an argument outside its range
 */
export function decodingFailure(length: number, errors: number, bitErrorRate: number): number {
  checkInteger('length', length, 1, MAX_CODE_LENGTH)
  checkInteger('errors', errors, 0, length)
  checkProbability('bitErrorRate', bitErrorRate)
  return upperTail(errors + 1, length, bitErrorRate)
}

/**
 * Chance that a random word of an unmarked image decodes to some message: the share of all words in a decoding ball,
 *   2^messageBits · sum_{i<=errors} C(length, i) / 2^length,
 * 1 for a perfect code. This is why a code alone is no detector: compare the decoded message with known ones.
 * @throws RangeError for an argument outside its range, and for a code that cannot exist (Hamming bound: balls would overlap)
 */
export function falseAcceptRate(length: number, messageBits: number, errors: number): number {
  checkInteger('length', length, 1, MAX_CODE_LENGTH)
  checkInteger('messageBits', messageBits, 0, length)
  checkInteger('errors', errors, 0, length)
  const share = lowerTailExtended(errors + 1, length, 0.5)
    .multiplyBy(new Extended(2).power(messageBits))
    .toNumber()
  if (share > 1 + 1e-12)
    throw new RangeError(
      `no code of ${length} bits for ${messageBits} message bits corrects ${errors} errors: use fewer message bits or errors`,
    )
  return Math.min(1, share)
}
