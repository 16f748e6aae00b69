import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'

/** How hard a step is, and how well steps went so far. */
export interface Curriculum {
  /** Running bit accuracy of the bits in use, 0..1. */
  readonly accuracy: number
  /** Bits of the message in use. */
  readonly bits: number
  /** Contrast of the images, 0..1: they are .5 + contrast·(image - .5). */
  readonly contrast: number
  /** How hard images are attacked, 0..1. */
  readonly level: number
  /** What the watermark encoder's residual, in (-1, 1), is multiplied by. */
  readonly amplitude: number
  /** Running accuracy of each bit, 0..1; .5 of those that are not in use yet. */
  readonly byBit: readonly number[]
}

export interface CurriculumOptions {
  readonly startBits: number
  /** Bits at most that are in use and not learnt yet. */
  readonly atOnce: number
  readonly startContrast: number
  /** How hard the first images are attacked, 0..1. */
  readonly startLevel: number
  readonly startAmplitude: number
  readonly endAmplitude: number
  /** Steps over which attacks grow to their full strength, while the accuracy allows. */
  readonly rampSteps: number
}

export const CURRICULUM: CurriculumOptions = {
  startBits: 8,
  atOnce: 8,
  startContrast: 0.1,
  startLevel: 0,
  startAmplitude: 0.15,
  endAmplitude: 0.05,
  rampSteps: 900,
}

export const startCurriculum = (options: CurriculumOptions, bits: number): Curriculum => ({
  accuracy: 0.5,
  bits: Math.min(bits, options.startBits),
  contrast: options.startContrast,
  level: options.startLevel,
  amplitude: options.startAmplitude,
  byBit: new Array<number>(bits).fill(0.5),
})

/** As hard as steps become: for a pair that has been trained already. */
export const endCurriculum = (options: CurriculumOptions, bits: number): Curriculum => ({
  ...{ accuracy: LEARNT, bits, contrast: 1, level: 1, amplitude: options.endAmplitude },
  byBit: new Array<number>(bits).fill(LEARNT),
})

/** A running mean remembers about so many steps. */
const REMEMBERED = 50

/** A bit that is read less often is not learnt yet. */
const LEARNT = 0.85

/** Bits in use that are not learnt yet. */
export const unlearntBits = ({ byBit, bits }: Curriculum): number[] =>
  byBit.flatMap((accuracy, bit) => (bit < bits && accuracy < LEARNT ? [bit] : []))

/**
 * What follows a step. All bits at once on photographs stall at .5, so a message grows on nearly flat images: a bit every sixth
 * step, as long as few are not learnt. Then contrast grows by .6% a step while bits are read; attacks come on whole photographs,
 * and the amplitude falls, by .1% a step, when attacks are at half of their strength: a mark that is learnt faint is one that decoders
 * can be brought to write.
 * @param accuracies of the step: each bit's share of images that it was read right in
 * @param step its number from 0
 */
export function advanceCurriculum(
  before: Curriculum,
  accuracies: readonly number[],
  step: number,
  options: CurriculumOptions,
): Curriculum {
  const used = accuracies.slice(0, before.bits)
  const toward = (known: number, found: number) => known + (found - known) / REMEMBERED
  const accuracy = toward(before.accuracy, used.reduce((sum, share) => sum + share, 0) / used.length)
  const byBit = before.byBit.map((known, bit) => (bit < before.bits ? toward(known, at(accuracies, bit)) : known))
  const all = before.bits >= byBit.length
  const ready = step % 6 === 0 && unlearntBits({ ...before, byBit }).length < options.atOnce
  const bits = all || !ready ? before.bits : before.bits + 1
  const contrast = all && accuracy > 0.865 ? Math.min(1, before.contrast * 1.006) : before.contrast
  const attacked = all && contrast >= 1 && accuracy > 0.8
  const level = attacked ? Math.min(1, before.level + 1 / options.rampSteps) : before.level
  const quieter = accuracy > 0.8 && level >= 0.5
  const amplitude = quieter ? Math.max(options.endAmplitude, before.amplitude * 0.999) : before.amplitude
  return { accuracy, bits, contrast, level, amplitude, byBit }
}

/** A stored curriculum of messages of `bits`, checked. @throws StableSigError 'bad-checkpoint' */
export function parseCurriculum(stored: unknown, bits: number): Curriculum {
  const known: Record<string, unknown> = typeof stored === 'object' && stored !== null ? { ...stored } : {}
  const number = (name: keyof Curriculum): number => {
    const value = known[name]
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new StableSigError('bad-checkpoint', `the checkpoint's progress has no number '${name}'`)
    return value
  }
  const { byBit } = known
  if (!Array.isArray(byBit) || byBit.length !== bits || !byBit.every(Number.isFinite))
    throw new StableSigError('bad-checkpoint', `the checkpoint's progress has no ${bits} numbers 'byBit'`)
  return {
    accuracy: number('accuracy'),
    bits: number('bits'),
    contrast: number('contrast'),
    level: number('level'),
    amplitude: number('amplitude'),
    byBit: byBit.map(Number),
  }
}
