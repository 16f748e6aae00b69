import type { Extractor, UnitImages } from '@stablesig/core'
import {
  type BestReading,
  type ReadCandidates,
  readCandidates,
  readLogits,
  type Search,
  stateSearch,
} from '@stablesig/core/detection'
import type { Io } from '../io.ts'
import { decided } from './decided.ts'

/** What an image was read as: as it is, or in each of a search's candidates. */
export type Read = { readonly logits: Float32Array } | ReadCandidates

/** An extractor and how images are read with it, for one question or several about the same image. */
export interface Reader {
  readonly extractor: Extractor
  /** Reads an image [1,H,W,3], once for all that is asked of it. @throws StableSigError what keeps it from being read */
  read(image: UnitImages): Promise<Read>
}

/** Decides on what was read, and says of a search which candidate it is about. */
export const decideRead = <D extends { readonly matches: number; readonly total: number }>(
  decider: { decide(logits: Float32Array): D; decideBest(rows: readonly Float32Array[]): D & BestReading },
  read: Read,
): D => ('rows' in read ? stateSearch(decider.decideBest(read.rows), read) : decider.decide(read.logits))

export function readerOf(extractor: Extractor, search: Search | undefined, { signal }: Pick<Io, 'signal'>): Reader {
  const read = async (image: UnitImages): Promise<Read> => {
    if (search === undefined) return { logits: decided(await readLogits(image, { extractor, signal })) }
    return decided(await readCandidates(image, { extractor, search, signal }))
  }
  let last: { readonly image: UnitImages; readonly read: Promise<Read> } | undefined
  return {
    extractor,
    read(image) {
      if (last?.image !== image) last = { image, read: read(image) }
      return last.read
    },
  }
}
