import { at } from '../at.ts'

/** How much of a message is in use: all its bits at once are hardly ever learnt. */
export interface GrowingMessage {
  /** Bits in use, the first ones. */
  readonly bits: number
  /** Running accuracy of each bit, 0..1; .5 of those that are not in use yet. */
  readonly byBit: readonly number[]
}

export const startMessage = (bits: number, startBits: number): GrowingMessage => ({
  bits: Math.min(bits, startBits),
  byBit: new Array<number>(bits).fill(0.5),
})

/** A bit that is read less often is not learnt yet. */
export const LEARNT = 0.85

/** A message of which all is in use, and learnt. */
export const wholeMessage = (bits: number): GrowingMessage => ({ bits, byBit: new Array<number>(bits).fill(LEARNT) })

/** Bits in use that are not learnt yet. */
export const unlearntBits = ({ byBit, bits }: GrowingMessage): number[] =>
  byBit.flatMap((accuracy, bit) => (bit < bits && accuracy < LEARNT ? [bit] : []))

/** A running mean remembers about so many steps. */
export const REMEMBERED = 50

/**
 * The message after a step: a bit more every sixth step, as long as few are not learnt.
 * @param accuracies of the step: each bit's share of images that it was read right in
 * @param step its number from 0
 * @param atOnce bits at most that are in use and not learnt yet
 */
export function grownMessage(
  before: GrowingMessage,
  accuracies: readonly number[],
  step: number,
  atOnce: number,
): GrowingMessage {
  const byBit = before.byBit.map((known, bit) =>
    bit < before.bits ? known + (at(accuracies, bit) - known) / REMEMBERED : known,
  )
  const ready = step % 6 === 0 && unlearntBits({ ...before, byBit }).length < atOnce
  return { bits: ready ? Math.min(byBit.length, before.bits + 1) : before.bits, byBit }
}

/** A stored one of `bits` in all; null where it is none. */
export function parseMessage(stored: Readonly<Record<string, unknown>>, bits: number): GrowingMessage | null {
  const { bits: used, byBit } = stored
  if (!Array.isArray(byBit) || byBit.length !== bits || !byBit.every(Number.isFinite)) return null
  if (typeof used !== 'number' || !Number.isInteger(used) || used < 1 || used > bits) return null
  return { bits: used, byBit: byBit.map(Number) }
}
