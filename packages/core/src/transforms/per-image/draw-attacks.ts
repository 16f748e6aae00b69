import seedrandom from 'seedrandom'
import { at } from '../../at.ts'
import type { Attack, Attacks } from './attacks.ts'

/** How often images of a training step are attacked, and how hard at most. Shares are from 0 to 1. */
export interface AttackMix {
  /** Share of steps whose images leave smaller, each by a crop, a reduction or some of both. */
  readonly resized: number
  /** Sides that they then leave with, as shares of the side before: each makes a graph of its own. */
  readonly sides: readonly number[]
  /** Share of images made brighter, and the greatest gain. */
  readonly brightness: number
  readonly maxBrightness: number
  /** Share of images whose contrast is changed, to .6 .. 1.6 of what it was. */
  readonly contrast: number
  /** Share of images compressed, and the least quality. */
  readonly jpeg: number
  readonly minQuality: number
}

/** Qualities are drawn from the least to this one. */
const BEST_QUALITY = 95

/** A mix in which nothing happens to an image. */
export const NO_ATTACKS: AttackMix = {
  ...{ resized: 0, sides: [1], brightness: 0, maxBrightness: 1, contrast: 0, jpeg: 0, minQuality: 100 },
}

export interface DrawOptions {
  /** Side of the images in pixels. */
  readonly size: number
  /** Side of what is taken of each image, at a place of its own, and attacked; times each of the mix's sides it is whole. Default: the whole image. */
  readonly window?: number | undefined
  /** 0..1: how much of the mix, in how often and in how hard. */
  readonly level: number
  readonly mix: AttackMix
}

/** Draws the attacks of a step from its number alone. */
export function drawAttacks(
  seed: number,
  step: number,
  count: number,
  { size, window: widest = size, level, mix }: DrawOptions,
): Attacks {
  const random = seedrandom(`attacks/${seed}/${step}`)
  const between = (low: number, high: number) => low + (high - low) * random()
  const share = random() < mix.resized * level ? at(mix.sides, Math.floor(random() * mix.sides.length)) : 1
  const made = Math.round(share * widest)
  const each = Array.from({ length: count }, (): Attack => {
    const names: string[] = []
    let side = widest
    if (made < widest) {
      const kind = random()
      side = kind < 0.4 ? made : kind < 0.8 ? widest : Math.round(between(made, widest))
      names.push(...(side < widest ? ['crop'] : []), ...(side > made ? ['resize'] : []))
    }
    const window = {
      left: Math.floor(random() * (size - side + 1)),
      top: Math.floor(random() * (size - side + 1)),
      side,
    }
    let [gain, shift, quality]: [number, number, number | null] = [1, 0, null]
    const light = random()
    if (light < mix.brightness * level) {
      names.push('brightness')
      gain = between(1, 1 + (mix.maxBrightness - 1) * level)
    } else if (light < (mix.brightness + mix.contrast) * level) {
      names.push('contrast')
      gain = between(0.6, 1.6)
      shift = 0.5 - 0.5 * gain
    }
    if (random() < mix.jpeg * level) {
      names.push('jpeg')
      quality = Math.round(between(BEST_QUALITY - (BEST_QUALITY - mix.minQuality) * level, BEST_QUALITY))
    }
    return { name: names.join('+') || 'none', window, gain, shift, quality }
  })
  return { size: made, each }
}
