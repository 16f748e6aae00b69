import { badArgument } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { type Key, keyBits } from '../signal/key.ts'

/**
 * Bits that logits read as, one byte each: 1 above 0, else 0 (a logit of exactly 0 is a 0).
 * @param options.name what errors call the image that was read: 'the image'
 * @throws StableSigError 'not-finite' where a logit is NaN or infinite: such an image was not read, which is not "no match"
 */
export function readBits(
  logits: ArrayLike<number>,
  { name = 'the image' }: { readonly name?: string } = {},
): Uint8Array {
  if (typeof logits !== 'object' || typeof logits?.length !== 'number')
    throw badArgument('logits', 'one number a bit', logits)
  const bits = new Uint8Array(logits.length)
  for (let i = 0; i < bits.length; i++) {
    const logit = logits[i]
    if (!Number.isFinite(logit))
      throw new StableSigError('not-finite', `Logit ${i + 1} of ${bits.length} is ${logit}: ${name} cannot be read`)
    if (logit! > 0) bits[i] = 1
  }
  return bits
}

/**
 * How many bits agree with the key's.
 * @param bits as `readBits` gives them
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
