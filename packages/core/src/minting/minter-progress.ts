import { StableSigError } from '../errors.ts'
import {
  type GrowingMessage,
  grownMessage,
  parseMessage,
  startMessage,
  wholeMessage,
} from '../pretraining/growing-message.ts'
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
  /** Bits of each key in use: all of them, once the message has grown. */
  readonly bits: number
  /** Bits in use of the batch that were read as the keys', and all of them. */
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
  readonly temperature: number
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
export interface MinterCurriculum extends RunningMeans, GrowingMessage {
  /** How hard a step is, 0..1: how much of the attacks, and how far the weights of the loss are on their way. */
  readonly level: number
}

/** @param startBits null for a minter that has been trained already, whose steps are at their hardest from the first on */
export const startCurriculum = (bits: number, startBits: number | null): MinterCurriculum => ({
  ...{ bitAccuracy: 0.5, psnr: 0, level: startBits === null ? 1 : 0 },
  ...(startBits === null ? wholeMessage(bits) : startMessage(bits, startBits)),
})

/** A running mean remembers about so many steps. */
const REMEMBERED = 100
/** Steps become harder while so many bits are read. */
const READ = 0.9
/** Bits at most that are in use and not learnt yet. */
const AT_ONCE = 8

/**
 * What follows a step. Where keys begin with a few bits they grow bit by bit. A mark that is to withstand
 * attacks before it is read at all is hardly ever learnt, so that steps become harder only while all bits are in use and are read: as fast as
 * to be at their hardest after `ramp` steps.
 * @param now with `byBit`: each bit's share of images that it was read right in
 * @param step from 0
 */
export function advanceCurriculum(
  before: MinterCurriculum,
  now: RunningMeans & Pick<GrowingMessage, 'byBit'>,
  step: number,
  ramp: number,
): MinterCurriculum {
  const share = Math.max(1 / REMEMBERED, 1 / (step + 1))
  const blend = (a: number, b: number) => a + share * (b - a)
  const bitAccuracy = blend(before.bitAccuracy, now.bitAccuracy)
  const harder = before.bits >= before.byBit.length && bitAccuracy >= READ
  const level = harder ? Math.min(1, before.level + 1 / Math.max(1, ramp)) : before.level
  const message = grownMessage(before, now.byBit, step, AT_ONCE)
  return { bitAccuracy, psnr: blend(before.psnr, now.psnr), level, ...message }
}

/** A stored curriculum of keys of `bits`, checked. @throws StableSigError 'bad-checkpoint' */
export function parseCurriculum(stored: unknown, bits: number): MinterCurriculum {
  const known: Record<string, unknown> = typeof stored === 'object' && stored !== null ? { ...stored } : {}
  const fail = (what: string) =>
    new StableSigError('bad-checkpoint', `cannot resume: the checkpoint's progress has no ${what}`)
  const number = (name: keyof MinterCurriculum): number => {
    const value = known[name]
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw fail(`number ${name}`)
  }
  const message = parseMessage(known, bits)
  if (!message) throw fail(`message of ${bits} bits`)
  return { bitAccuracy: number('bitAccuracy'), psnr: number('psnr'), level: number('level'), ...message }
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
