import { createDetector, type Detection, type Extractor, type Key } from '@stablesig/core'
import type { Search } from '@stablesig/core/detection'
import type { Io } from '../io.ts'
import { describeSearch } from '../searched.ts'
import { decided } from './decided.ts'
import type { Question } from './question.ts'

export interface ReadingMarks {
  readonly fpr: number
  readonly search?: Search
  /** Whether the bits that were read are told too. */
  readonly bits?: boolean
}

/** Does an image carry this key? @throws StableSigError as `createDetector` */
export function keyQuestion(
  extractor: Extractor,
  key: Key,
  { fpr, search, bits: tellBits }: ReadingMarks,
  { signal }: Io,
): Question<Detection> {
  const detector = createDetector({ extractor, key, fpr, search, allowUnwhitened: true })
  return {
    ask: async (image) => decided(await detector.detect(image, { signal })),
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
