import { StableSigError } from '../errors.ts'
import {
  type GrowingMessage,
  grownMessage,
  LEARNT,
  parseMessage,
  REMEMBERED,
  startMessage,
  wholeMessage,
} from './growing-message.ts'

/** How hard a step is, and how well steps went so far. */
export interface Curriculum extends GrowingMessage {
  /** Running bit accuracy of the bits in use, 0..1. */
  readonly accuracy: number
  /** Contrast of the images, 0..1: they are .5 + contrast·(image - .5). */
  readonly contrast: number
  /** How hard images are attacked, 0..1. */
  readonly level: number
  /** What the watermark encoder's residual, in (-1, 1), is multiplied by. */
  readonly amplitude: number
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
  ...startMessage(bits, options.startBits),
  contrast: options.startContrast,
  level: options.startLevel,
  amplitude: options.startAmplitude,
})

/** As hard as steps become: for a pair that has been trained already. */
export const endCurriculum = (options: CurriculumOptions, bits: number): Curriculum => ({
  ...{ accuracy: LEARNT, contrast: 1, level: 1, amplitude: options.endAmplitude },
  ...wholeMessage(bits),
})

/**
 * What follows a step. All bits at once on photographs stall at .5, so a message grows on nearly flat images. Then contrast grows by .6%
 * a step while bits are read; attacks come on whole photographs, and the amplitude falls, by .1% a step, when attacks are at half of their strength: a mark that is learnt faint is one that decoders
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
  const found = used.reduce((sum, share) => sum + share, 0) / used.length
  const accuracy = before.accuracy + (found - before.accuracy) / REMEMBERED
  const message = grownMessage(before, accuracies, step, options.atOnce)
  const all = before.bits >= message.byBit.length
  const contrast = all && accuracy > 0.865 ? Math.min(1, before.contrast * 1.006) : before.contrast
  const attacked = all && contrast >= 1 && accuracy > 0.8
  const level = attacked ? Math.min(1, before.level + 1 / options.rampSteps) : before.level
  const quieter = accuracy > 0.8 && level >= 0.5
  const amplitude = quieter ? Math.max(options.endAmplitude, before.amplitude * 0.999) : before.amplitude
  return { accuracy, contrast, level, amplitude, ...message }
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
  const message = parseMessage(known, bits)
  if (!message) throw new StableSigError('bad-checkpoint', `the checkpoint's progress has no message of ${bits} bits`)
  return {
    accuracy: number('accuracy'),
    ...message,
    contrast: number('contrast'),
    level: number('level'),
    amplitude: number('amplitude'),
  }
}
