import { centreSquare, crop, type Pixels, readImage, toUnitImages } from '@stablesig/backend-node'
import { type Extractor, randomKey, StableSigError } from '@stablesig/core'
import { createDetector, type ReadFeatures, readFeatures } from '@stablesig/core/detection'
import { abortedError } from '@stablesig/core/errors'
import type { Io } from './io.ts'
import type { CropsOptions } from './options/crops.ts'
import type { SearchOptions } from './options/search.ts'
import { makeProgress } from './progress.ts'
import { reportFailure } from './report.ts'

/** What was read of one square of a photograph. */
export interface ReadCrop extends ReadFeatures {
  /** Number of the photograph that it was cut from. */
  readonly photograph: number
  /** Of its own random key in the detector that searches, where that was asked for. */
  readonly searchedPValue: number | null
}

export interface ReadCrops {
  readonly crops: readonly ReadCrop[]
  /** Photographs that were read. */
  readonly photographs: number
  /** Squares that nothing can be decided about: of one colour. */
  readonly undecided: number
}

/** A key of its own for each crop: then decisions are independent, however alike crops of one photograph are. */
export const keyOfCrop = (bits: number, seed: string, index: number) =>
  randomKey(bits, { seed: `${seed}/crop ${index}` })

export interface ReadCropsOptions extends CropsOptions, SearchOptions {
  /** Of the keys of the detector that searches. */
  readonly seed?: string
  readonly json?: boolean
}

/** Fewer photographs say nothing about how bits go together. */
const MIN_PHOTOGRAPHS = 4

/** @throws StableSigError 'bad-argument' */
export function checkEnoughPhotographs(found: number, path: string): void {
  if (found >= MIN_PHOTOGRAPHS) return
  throw new StableSigError(
    'bad-argument',
    `--images ${path}: expected at least ${MIN_PHOTOGRAPHS} photographs that can be read, found ${found}`,
  )
}

/** Pixels that are read at once. */
const PIXELS_AT_ONCE = 2 ** 19

/**
 * Reads the squares of every photograph; those that cannot be read are reported.
 * @throws StableSigError 'aborted'; 'bad-argument' where too few photographs are left
 */
export async function readCrops(
  paths: readonly string[],
  extractor: Extractor,
  options: ReadCropsOptions,
  io: Io,
): Promise<ReadCrops> {
  const { crops: count, cropSize: side, maxPixels, search, seed = '0' } = options
  const atOnce = Math.max(1, Math.floor(PIXELS_AT_ONCE / side ** 2))
  const progress = makeProgress(paths.length, io, options.json)
  const crops: ReadCrop[] = []
  let [photographs, undecided] = [0, 0]
  try {
    for (const [done, path] of paths.entries()) {
      if (io.signal.aborted) throw abortedError(io.signal, '')
      let photograph: Pixels
      try {
        photograph = await readImage(path, maxPixels === undefined ? {} : { maxPixels })
      } catch (error) {
        progress.end()
        reportFailure(path, error, false, io)
        continue
      }
      const large = Math.min(photograph.width, photograph.height) >= side ? photograph : centreSquare(photograph, side)
      for (let from = 0; from < count; from += atOnce) {
        if (io.signal.aborted) throw abortedError(io.signal, '')
        const squares = Array.from({ length: Math.min(atOnce, count - from) }, (_, i) => square(large, side, from + i))
        const batch = toUnitImages(squares)
        try {
          const read = await readFeatures(batch, extractor)
          const searched: (number | null)[] = search ? await searchEach(squares, crops.length + undecided) : []
          for (const [i, outcome] of read.entries()) {
            if (outcome.ok)
              crops.push({ ...outcome.value, photograph: photographs, searchedPValue: searched[i] ?? null })
            else undecided++
          }
        } finally {
          batch.dispose()
        }
      }
      photographs++
      progress.step(done + 1, `photographs  ${crops.length} crops`)
    }
  } finally {
    progress.end()
  }
  checkEnoughPhotographs(new Set(crops.map(({ photograph }) => photograph)).size, options.images)
  return { crops, photographs, undecided }

  /** The p-value of each square with a key of its own, null where nothing can be decided. */
  async function searchEach(squares: readonly Pixels[], first: number): Promise<(number | null)[]> {
    const pValues: (number | null)[] = []
    for (const [i, one] of squares.entries()) {
      const key = keyOfCrop(extractor.bits, `${seed}/searched`, first + i)
      // At one half every number of readings is attainable; the p-value does not depend on the rate.
      const detector = createDetector({ extractor, key, fpr: 0.5, search, allowUnwhitened: true })
      const image = toUnitImages([one])
      const [outcome] = await detector.detect(image, { signal: io.signal }).finally(() => image.dispose())
      pValues.push(outcome?.ok ? outcome.value.pValue : null)
    }
    return pValues
  }
}

/**
 * A square of a photograph, the first at its centre and the others spread evenly: multiples of the inverse powers of the plastic number,
 * modulo 1, as in Roberts' R2 sequence.
 */
function square(photograph: Pixels, side: number, index: number): Pixels {
  const at = (room: number, step: number) => Math.round(room * ((0.5 + index * step) % 1))
  const left = at(photograph.width - side, 0.7548776662466927)
  const top = at(photograph.height - side, 0.5698402909980532)
  return crop(photograph, left, top, side, side)
}
