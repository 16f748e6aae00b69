import { StableSigError } from '../errors.ts'
import type { PixelSet } from './pixel-set.ts'

/** What a joint training of watermark encoder and extractor is made of. */
export interface JointRun {
  readonly pictures: PixelSet
  readonly bits: number
  readonly size: number
  readonly maxReduction: number
  /** Whole numbers from 1, by name. */
  readonly counts: Readonly<Record<string, unknown>>
}

/** @throws StableSigError 'bad-argument' naming what cannot be trained with */
export function checkJointRun({ pictures, bits, size, maxReduction, counts }: JointRun): void {
  for (const [name, value] of Object.entries({ ...counts, bits, size }))
    if (!Number.isInteger(value) || Number(value) < 1)
      throw new StableSigError('bad-argument', `${name} is ${value}, expected a whole number from 1`)
  if (bits < 8 || bits > 256) throw new StableSigError('bad-argument', `bits is ${bits}, expected 8 to 256`)
  if (size % 64) throw new StableSigError('bad-argument', `size is ${size}, expected a multiple of 64`)
  if (!(maxReduction >= 1))
    throw new StableSigError('bad-argument', `maxReduction is ${maxReduction}, expected a number from 1`)
  if (!(pictures.length >= 1)) throw new StableSigError('bad-argument', 'there are no pictures to train on')
}
