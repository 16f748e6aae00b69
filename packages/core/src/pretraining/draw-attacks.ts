import seedrandom from 'seedrandom'
import type { Attack, Attacks } from '../transforms/per-image/attacks.ts'

/** Sides of attacked images, as shares of the side before. */
const SHARES = [1, 0.75, 0.5] as const

/**
 * Draws the attacks of a step from its number alone.
 * @param size side of the images, a multiple of 64
 * @param level 0..1: how often and how hard
 */
export function drawAttacks(seed: number, step: number, count: number, size: number, level: number): Attacks {
  const random = seedrandom(`attacks/${seed}/${step}`)
  const between = (low: number, high: number) => low + (high - low) * random()
  const share = random() < 0.8 * level ? (SHARES[Math.floor(random() * SHARES.length)] ?? 1) : 1
  const made = share * size
  const each = Array.from({ length: count }, (): Attack => {
    const names: string[] = []
    let side = size
    if (made < size) {
      // A crop, a reduction, or some of both.
      const kind = random()
      side = kind < 0.4 ? made : kind < 0.8 ? size : Math.round(between(made, size))
      names.push(...(side < size ? ['crop'] : []), ...(side > made ? ['resize'] : []))
    }
    const window = {
      left: Math.floor(random() * (size - side + 1)),
      top: Math.floor(random() * (size - side + 1)),
      side,
    }
    let [gain, shift, quality]: [number, number, number | null] = [1, 0, null]
    const light = random()
    if (light < 0.25 * level) {
      names.push('brightness')
      gain = between(1, 1 + 1.2 * level)
    } else if (light < 0.35 * level) {
      names.push('contrast')
      gain = between(0.6, 1.6)
      shift = 0.5 - 0.5 * gain
    }
    if (random() < 0.4 * level) {
      names.push('jpeg')
      quality = Math.round(between(95 - 50 * level, 95))
    }
    return { name: names.join('+') || 'none', window, gain, shift, quality }
  })
  return { size: made, each }
}
