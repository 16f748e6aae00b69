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
}

export interface CurriculumOptions {
  readonly startBits: number
  readonly startContrast: number
  /** How hard the first images are attacked, 0..1. */
  readonly startLevel: number
  readonly startAmplitude: number
  readonly endAmplitude: number
  /** Steps over which attacks grow to their full strength, while the accuracy allows. */
  readonly rampSteps: number
}

export const CURRICULUM: CurriculumOptions = {
  startBits: 12,
  startContrast: 0.05,
  startLevel: 0,
  startAmplitude: 0.15,
  endAmplitude: 0.04,
  rampSteps: 1500,
}

export const startCurriculum = (options: CurriculumOptions, bits: number): Curriculum => ({
  accuracy: 0.5,
  bits: Math.min(bits, options.startBits),
  contrast: options.startContrast,
  level: options.startLevel,
  amplitude: options.startAmplitude,
})

/** A running mean remembers about so many steps. */
const REMEMBERED = 50

/**
 * What follows a step. All bits at once on photographs stall at .5, so a message grows: a bit every sixth step and .4% of contrast
 * a step, while the running accuracy is high. Attacks come when the whole message is read from whole photographs, and the
 * amplitude falls when they are nearly at full strength.
 * @param step its number from 0
 * @param accuracy share of the bits in use that it read
 */
export function advanceCurriculum(
  before: Curriculum,
  accuracy: number,
  step: number,
  allBits: number,
  options: CurriculumOptions,
): Curriculum {
  const running = before.accuracy + (accuracy - before.accuracy) / REMEMBERED
  const contrast = running > 0.93 ? Math.min(1, before.contrast * 1.004) : before.contrast
  const bits = running > 0.94 && step % 6 === 0 ? Math.min(allBits, before.bits + 1) : before.bits
  const attacked = contrast >= 1 && bits >= allBits && running > 0.9
  const level = attacked ? Math.min(1, before.level + 1 / options.rampSteps) : before.level
  const quieter = running > 0.92 && level >= 0.6
  const amplitude = quieter ? Math.max(options.endAmplitude, before.amplitude * 0.9995) : before.amplitude
  return { accuracy: running, bits, contrast, level, amplitude }
}

/** A stored curriculum, checked. @throws StableSigError 'bad-checkpoint' */
export function parseCurriculum(stored: unknown): Curriculum {
  const known: Record<string, unknown> = typeof stored === 'object' && stored !== null ? { ...stored } : {}
  const number = (name: keyof Curriculum): number => {
    const value = known[name]
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new StableSigError('bad-checkpoint', `the checkpoint's progress has no number '${name}'`)
    return value
  }
  return {
    accuracy: number('accuracy'),
    bits: number('bits'),
    contrast: number('contrast'),
    level: number('level'),
    amplitude: number('amplitude'),
  }
}
