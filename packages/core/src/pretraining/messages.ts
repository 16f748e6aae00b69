import seedrandom from 'seedrandom'
import { at } from '../at.ts'
import type { Attacks } from '../transforms/per-image/attacks.ts'

/** A step's messages [N,bits] of 0 and 1, row-major, from its number alone. */
export function drawMessages(seed: number, step: number, count: number, bits: number): Float32Array {
  const random = seedrandom(`messages/${seed}/${step}`)
  return Float32Array.from({ length: count * bits }, () => (random() < 0.5 ? 0 : 1))
}

/** Bits that matched and all of them, by the name of what happened to the images. */
export type BitsByAttack = Readonly<Record<string, { readonly matches: number; readonly total: number }>>

/** @param matches of each image, of `bits` */
export function countByAttack({ each }: Attacks, matches: readonly number[], bits: number): BitsByAttack {
  const counted: Record<string, { matches: number; total: number }> = {}
  for (const [i, { name }] of each.entries()) {
    const known = counted[name] ?? { matches: 0, total: 0 }
    counted[name] = { matches: known.matches + at(matches, i), total: known.total + bits }
  }
  return counted
}
