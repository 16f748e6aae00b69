import { StableSigError } from '../errors.ts'
import type { BitsByAttack } from '../pretraining/messages.ts'

/** One step as it was before its update. */
export interface MinterProgress {
  /** Steps done, from 1. */
  readonly step: number
  readonly steps: number
  readonly loss: number
  /** Message loss, and image loss before its weight. */
  readonly lossW: number
  readonly lossI: number
  /** Bits of the batch that were read as the keys', and all of them. */
  readonly matches: number
  readonly total: number
  readonly bitAccuracy: number
  /** The same for the images of each attack. */
  readonly byAttack: BitsByAttack
  /** Of the clamped batch against the original decoder's, in dB; not rounded to 8 bits. */
  readonly psnr: number
  /** Bit accuracy and PSNR of the last hundred steps or so: a single batch says little. */
  readonly meanBitAccuracy: number
  readonly meanPsnr: number
  /** How hard the step was, 0..1: see `ramp` of the recipe. */
  readonly level: number
  readonly learningRate: number
  readonly lambdaImage: number
  readonly seconds: number
  /** What is known to be wrong with a run that does not learn; null while there is no sign of it. */
  readonly diagnosis: string | null
}

/** Bit accuracy and PSNR in dB, of one step or of many. */
export interface RunningMeans {
  readonly bitAccuracy: number
  readonly psnr: number
}

/** What a run knows of its past. */
export interface MinterCurriculum extends RunningMeans {
  /** How hard a step is, 0..1: how much of the attacks, and how far the image loss's weight is on its way. */
  readonly level: number
}

export const START_CURRICULUM: MinterCurriculum = { bitAccuracy: 0.5, psnr: 0, level: 0 }

/** A running mean remembers about so many steps. */
const REMEMBERED = 100
/** Steps become harder while so many bits are read. */
const READ = 0.9

/**
 * What follows a step. A mark that is to be faint and to withstand attacks before it is read at all is hardly ever learnt, so that
 * steps become harder only while bits are read: as fast as to be at their hardest after `ramp` steps.
 * @param step from 0
 */
export function advanceCurriculum(
  before: MinterCurriculum,
  now: RunningMeans,
  step: number,
  ramp: number,
): MinterCurriculum {
  const share = Math.max(1 / REMEMBERED, 1 / (step + 1))
  const blend = (a: number, b: number) => a + share * (b - a)
  const bitAccuracy = blend(before.bitAccuracy, now.bitAccuracy)
  const level = bitAccuracy < READ ? before.level : Math.min(1, before.level + 1 / Math.max(1, ramp))
  return { bitAccuracy, psnr: blend(before.psnr, now.psnr), level }
}

/** @throws StableSigError 'bad-checkpoint' */
export function parseCurriculum(stored: unknown): MinterCurriculum {
  const number = (name: string): number => {
    const value: unknown = typeof stored === 'object' && stored !== null ? Reflect.get(stored, name) : undefined
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw new StableSigError('bad-checkpoint', `cannot resume: the checkpoint's progress has no number ${name}`)
  }
  return { bitAccuracy: number('bitAccuracy'), psnr: number('psnr'), level: number('level') }
}

/** A run that learns reads more than chance by then. */
const DIAGNOSED_AT = 1000
const CHANCE = 0.55

/** PSNR up to which there is something to be read, in dB. */
const HARDLY_CHANGED = 50

export function diagnose(step: number, { bitAccuracy, psnr }: RunningMeans): string | null {
  if (step < DIAGNOSED_AT || bitAccuracy >= CHANCE) return null
  const read = `after ${step} steps ${(100 * bitAccuracy).toFixed(1)}% of the bits are read, hardly more than chance`
  return psnr > HARDLY_CHANGED
    ? `${read}, and images are hardly changed (${psnr.toFixed(1)} dB): begin with less weight on the image loss (startImageWeight), or raise the learning rate`
    : `${read}, at ${psnr.toFixed(1)} dB: lower the learning rate, or train on larger images`
}
