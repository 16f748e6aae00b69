import { checkNumber } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { Attacks } from '../transforms/per-image/attacks.ts'
import { type AttackMix, drawAttacks } from '../transforms/per-image/draw-attacks.ts'

/** What happens to images between decoder and extractor while a decoder is signed. */
export interface SigningAttacks extends AttackMix {
  /** Share of a recipe's steps over which attacks grow from none to the whole mix, 0..1. */
  readonly ramp: number
}

/** @throws StableSigError 'bad-argument' naming the number that is out of its range */
export function checkAttacks(attacks: SigningAttacks): void {
  const share = (value: number) => value >= 0 && value <= 1
  for (const name of ['ramp', 'resized', 'brightness', 'contrast', 'jpeg'] as const)
    checkNumber(attacks[name], `attacks.${name}`, 'a share from 0 to 1', share)
  const { brightness, contrast, maxBrightness, minQuality, sides } = attacks
  checkNumber(brightness + contrast, 'attacks.brightness and attacks.contrast together', 'a share from 0 to 1', share)
  checkNumber(maxBrightness, 'attacks.maxBrightness', 'a gain from 1', (gain) => gain >= 1 && Number.isFinite(gain))
  checkNumber(minQuality, 'attacks.minQuality', 'a quality from 1 to 95', (quality) => quality >= 1 && quality <= 95)
  if (attacks.resized > 0 && sides.length === 0)
    throw new StableSigError(
      'bad-argument',
      'attacks.sides is empty, expected the sides that resized images leave with',
    )
  for (const side of sides)
    checkNumber(side, 'a side among attacks.sides', 'a share above 0 and at most 1', (value) => value > 0 && value <= 1)
}

/** The attacks of a step, from 0, drawn from the seed and its number alone. */
export function drawSigningAttacks(
  attacks: SigningAttacks,
  run: {
    readonly seed: number
    readonly step: number
    readonly steps: number
    readonly batchSize: number
    readonly size: number
  },
): Attacks {
  const { seed, step, steps, batchSize, size } = run
  const level = Math.min(1, (step + 1) / Math.max(1, attacks.ramp * steps))
  return drawAttacks(seed, step, batchSize, { size, level, mix: attacks })
}
