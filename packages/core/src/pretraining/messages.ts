import seedrandom from 'seedrandom'
import { at } from '../at.ts'
import type { Attacks } from '../transforms/per-image/attacks.ts'

/** A step's messages [N,bits] of 0 and 1, row-major, from its number alone. */
export function drawMessages(seed: number, step: number, count: number, bits: number): Float32Array {
  const random = seedrandom(`messages/${seed}/${step}`)
  return Float32Array.from({ length: count * bits }, () => (random() < 0.5 ? 0 : 1))
}

/**
 * The same messages in pairs that differ in the bits of `flipped` alone, all of them the other way round: what the rest of a message
 * does to the gradients of a bit that is being learnt then cancels. As they are where no bit is.
 */
export function pairMessages(messages: Float32Array, bits: number, flipped: readonly number[]): Float32Array {
  const pairs = Math.floor(messages.length / bits / 2)
  if (flipped.length === 0 || pairs === 0) return messages
  const paired = messages.slice()
  paired.copyWithin(pairs * bits, 0, pairs * bits)
  for (let i = pairs; i < 2 * pairs; i++)
    for (const bit of flipped) paired[i * bits + bit] = 1 - at(paired, i * bits + bit)
  return paired
}

/** Bits that matched and all of them, by the name of what happened to the images. */
export type BitsByAttack = Readonly<Record<string, { readonly matches: number; readonly total: number }>>

/**
 * @param attacks of each image; undefined where nothing happens to any
 * @param matches of each image, of `bits`
 */
export function countByAttack(
  attacks: Attacks['each'] | undefined,
  matches: readonly number[],
  bits: number,
): BitsByAttack {
  const counted: Record<string, { matches: number; total: number }> = {}
  for (const [i, found] of matches.entries()) {
    const name = attacks ? at(attacks, i).name : 'none'
    const known = counted[name] ?? { matches: 0, total: 0 }
    counted[name] = { matches: known.matches + found, total: known.total + bits }
  }
  return counted
}
