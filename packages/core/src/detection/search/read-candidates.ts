import { reshape, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { checkOptions } from '../../arguments.ts'
import { asUnit, type UnitImage, type UnitImages } from '../../signal/images.ts'
import { resize } from '../../transforms/geometry/resize.ts'
import { MIN_SIDE } from '../decidable.ts'
import type { Outcome } from '../outcome.ts'
import { succeeded } from '../outcome.ts'
import { checkReading, groups, type ImageBatch, type ReadingOptions, readLogits } from '../read-images.ts'
import { type Candidate, candidatesOf, type FullGrid, gridOf, type Search } from './grid.ts'
import { scaled, sidesOf, straightened } from './undo.ts'

/** Side, in pixels, of the centre of a candidate that is read to rank it. */
const PREVIEW = 96

/** The candidates that meet the key, with what they read as. */
export interface ReadCandidates {
  readonly candidates: readonly Candidate[]
  /** [bits] of each. */
  readonly rows: readonly Float32Array[]
  /** How many were looked at to choose them. */
  readonly considered: number
}

export interface SearchingOptions extends ReadingOptions {
  readonly search: Search
}

/**
 * As `readLogits`, for a search: of each image what its candidates read as. What a detector that searches decides on; `decideBest` and
 * `softDecide` take its `rows`, and say in `reading` which of the candidates it was.
 * @throws StableSigError as `readLogits`; 'bad-argument', 'limit' for the search
 */
export async function readCandidates(
  images: ImageBatch,
  options: SearchingOptions,
): Promise<Outcome<ReadCandidates>[]> {
  checkOptions(options, 'readCandidates')
  checkReading(options)
  const grid = gridOf(options.search)
  const outcomes: Outcome<ReadCandidates>[] = []
  for (const group of groups(images, () => 1)) {
    const image = tidy(() => asUnit(group.make()))
    outcomes.push(await candidatesRead(image, grid, options).finally(() => image.dispose()))
  }
  return outcomes
}

/**
 * Reads the candidates of one image that are most likely to show a mark. It goes from coarse to fine: of each candidate the centre is
 * read, and those whose logits are largest are read whole; the image as it is always is. A mark's logits are several times as large as
 * those of a plain image, whose logits shrink with the square root of the pixels that they are a mean over: both are compared per root.
 *
 * No key enters the choice. So for a key drawn at random, independent of the image, each reading that was chosen agrees in
 * Binomial(bits, 1/2) bits given the image, and with n of them the chance that any reaches t matches is at most n times the tail: the
 * union over those compared bounds the rate, though more were considered, and more so as neighbours read alike.
 * A choice that looked at the key would have to count all that it could have chosen.
 * @param image [1,H,W,3]
 * @returns the error of the image as it is where it cannot be decided on
 */
async function candidatesRead(
  image: UnitImages,
  grid: FullGrid,
  options: ReadingOptions,
): Promise<Outcome<ReadCandidates>> {
  const base = fitted(image, grid.maxSide)
  try {
    const [, height, width] = base.shape
    const [plain, ...others] = candidatesOf(grid)
    const readable = others.filter((candidate) => {
      const sides = sidesOf({ height, width }, candidate)
      return Math.min(sides.height, sides.width) >= MIN_SIDE && Math.max(sides.height, sides.width) <= grid.maxSide
    })
    const [first] = await readLogits(base, options)
    if (!first?.ok) return first!
    const chosen = await shortlist(base, readable, grid.shortlist - 1, options)
    const candidates = [plain!]
    const rows = [first.value]
    for (const candidate of chosen) {
      const whole = tidy(() => scaled(straightened(base, candidate), candidate.scale))
      const [outcome] = await readLogits(whole, options).finally(() => whole.dispose())
      if (!outcome?.ok) continue
      candidates.push(candidate)
      rows.push(outcome.value)
    }
    return succeeded({ candidates, rows, considered: readable.length + 1 })
  } finally {
    base.dispose()
  }
}

/** Those of the candidates whose centres have the largest logits. */
async function shortlist(
  base: UnitImages,
  candidates: readonly Candidate[],
  count: number,
  options: ReadingOptions,
): Promise<Candidate[]> {
  if (candidates.length <= count) return [...candidates]
  const energies: { readonly candidate: Candidate; readonly energy: number }[] = []
  for (const group of byGeometry(candidates)) {
    const previews = tidy(() => {
      const upright = straightened(base, group[0]!)
      return group.map(({ scale }) => withoutBatch(scaled(upright, scale, PREVIEW)))
    })
    try {
      const outcomes = await readLogits(previews, options)
      outcomes.forEach((outcome, i) => {
        const [height, width] = previews[i]!.shape
        const energy = outcome.ok ? meanMagnitude(outcome.value) * Math.sqrt(height * width) : 0
        energies.push({ candidate: group[i]!, energy })
      })
    } finally {
      for (const preview of previews) preview.dispose()
    }
  }
  energies.sort((a, b) => b.energy - a.energy)
  return energies.slice(0, count).map(({ candidate }) => candidate)
}

/** Neighbours that differ in scale alone, which share what was cut out, mirrored and turned. */
function byGeometry(candidates: readonly Candidate[]): Candidate[][] {
  const groups: Candidate[][] = []
  for (const candidate of candidates) {
    const last = groups.at(-1)?.[0]
    const same =
      last?.window === candidate.window && last.rotation === candidate.rotation && last.flipped === candidate.flipped
    if (same) groups.at(-1)!.push(candidate)
    else groups.push([candidate])
  }
  return groups
}

const meanMagnitude = (row: Float32Array): number => row.reduce((sum, logit) => sum + Math.abs(logit), 0) / row.length

const withoutBatch = (image: Tensor4D): UnitImage => {
  const [, height, width] = image.shape
  return reshape(image, [height, width, 3]) as UnitImage
}

/** The image, or a smaller copy whose longer side is `maxSide`; the caller's to dispose. */
function fitted(image: UnitImages, maxSide: number): UnitImages {
  const [, height, width] = image.shape
  const factor = maxSide / Math.max(height, width)
  if (factor >= 1) return asUnit(image.clone())
  const side = (length: number) => Math.max(1, Math.round(length * factor))
  return resize(image, { height: side(height), width: side(width) })
}
