import type { Detection, Key } from '@stablesig/core'
import { createDecider } from '@stablesig/core/detection'
import { describeSearch } from '../searched.ts'
import type { Question } from './question.ts'
import { decideRead, type Reader } from './reader.ts'

export interface ReadingMarks {
  readonly fpr: number
  /** Whether the bits that were read are told too. */
  readonly bits?: boolean
}

/** Does an image carry this key? @throws StableSigError as `createDecider` */
export function keyQuestion(
  { extractor, read }: Reader,
  key: Key,
  { fpr, bits: tellBits }: ReadingMarks,
): Question<Detection> {
  const decider = createDecider({ extractor, key, fpr, allowUnwhitened: true })
  return {
    ask: async (image) => decideRead(decider, await read(image)),
    fields({ detected, matches, total, pValue, threshold, fpr, whitened, search, bits }) {
      const read = tellBits ? { bits } : {}
      return { detected, matches, total, ...read, pValue, threshold, fpr, whitened, search }
    },
    line: ({ detected, matches, total, pValue, threshold, search, bits }) =>
      `${detected ? 'detected' : 'not detected'}\t${matches}/${total}\t` +
      `p-value ${pValue.toExponential(2)}\tthreshold ${threshold}${describeSearch(search)}${tellBits ? `\tread ${bits}` : ''}`,
    found: ({ detected }) => detected,
  }
}
