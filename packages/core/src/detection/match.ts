import { badArgument } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { bitsOf } from '../metrics/bits.ts'
import { type Key, keyBits } from '../signal/key.ts'

/**
 * Bits that logits read as, one byte each: 1 above 0, else 0 (a logit of exactly 0 is a 0).
 * @throws StableSigError 'not-finite' where a logit is NaN or infinite: such an image was not read, which is not "no match"
 */
export function readBits(logits: ArrayLike<number>): Uint8Array {
  if (typeof logits !== 'object' || typeof logits?.length !== 'number')
    throw badArgument('logits', 'one number a bit', logits)
  for (let i = 0; i < logits.length; i++) {
    if (Number.isFinite(logits[i])) continue
    throw new StableSigError(
      'not-finite',
      `Logit ${i + 1} of ${logits.length} is ${logits[i]}: the image cannot be read`,
    )
  }
  return bitsOf(logits)
}

/**
 * How many bits agree with the key's.
 * @throws StableSigError 'bad-key' where the key has another length
 */
export function countMatches(bits: ArrayLike<number>, key: Key): number {
  const wanted = keyBits(key)
  if (wanted.length !== bits.length) {
    throw new StableSigError('bad-key', `Expected a key of ${bits.length} bits, as were read; found ${wanted.length}`)
  }
  let matches = 0
  for (let i = 0; i < wanted.length; i++) if (wanted[i] === bits[i]) matches++
  return matches
}
