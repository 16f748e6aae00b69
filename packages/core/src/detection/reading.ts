import { bitsToText } from '../signal/key-text.ts'

/**
 * What was read of an image. Where the key is there it is the key, or nearly, so it is kept out of what is copied and logged: the
 * two properties are not enumerable. `decision.bits` gives them; JSON.stringify, structuredClone, postMessage, console.log and
 * `{ ...decision }` do not. Whoever wants them there says so: `{ ...decision, bits: decision.bits }`.
 */
export interface Reading {
  /** As 0s and 1s, first bit first. */
  readonly bits: string
  /** One number a bit: above 0 reads as 1. */
  readonly logits: readonly number[]
}

/** A decision together with what it was read from. The decision is changed and given back. */
export function withReading<T extends object>(
  decision: T,
  bits: ArrayLike<number>,
  logits: ArrayLike<number>,
): T & Reading {
  const reading: Reading = { bits: bitsToText(bits), logits: Array.from(logits) }
  const hidden = Object.entries(reading).map(([name, value]) => [name, { value, enumerable: false }] as const)
  return Object.defineProperties(decision, Object.fromEntries(hidden)) as T & Reading
}
