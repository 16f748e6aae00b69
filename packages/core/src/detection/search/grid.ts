import { checkNumber, checkObject, checkOneOf } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'

/** How an image may have been changed on its way: every combination of these is a candidate for undoing it. */
export interface SearchGrid {
  /** Factors by which the sides are multiplied before reading, each above 0. Default [1]. */
  readonly scales?: readonly number[] | undefined
  /** Degrees by which the image is turned counter-clockwise before reading, -180 to 180. Default [0]. */
  readonly rotations?: readonly number[] | undefined
  /** Whether it is also read mirrored. Default false. */
  readonly flips?: boolean | undefined
  /**
   * Sides of the windows that are read, as shares of the image's sides: 1 is the whole image, 0.5 its nine overlapping windows of half the
   * sides. For a picture that is part of a larger one. Default [1].
   */
  readonly windows?: readonly number[] | undefined
  /** How many candidates are read whole and compared with the key: the p-value is multiplied by their number. Default 4. */
  readonly shortlist?: number | undefined
  /** An image is made smaller until its longer side has so many pixels, and no candidate is larger. Default 1024. */
  readonly maxSide?: number | undefined
}

/** What is searched: the grid by that name, or one's own. */
export type Search = 'standard' | SearchGrid

export type FullGrid = { readonly [K in keyof SearchGrid]-?: Exclude<SearchGrid[K], undefined> }

const PLAIN: FullGrid = { scales: [1], rotations: [0], flips: false, windows: [1], shortlist: 4, maxSide: 1024 }

/**
 * Undoes enlarging up to twofold, reduction to three tenths, turns by up to 30 degrees, and a mirror: 50 candidates. A mark is read from
 * nine tenths of its size to one and a half of it, and up to 8 degrees off (docs/detection.md), so the grid is no finer than that.
 */
export const STANDARD_SEARCH: FullGrid = {
  ...PLAIN,
  scales: [0.62, 1, 1.6, 2.5, 3.6],
  rotations: [-24, -12, 0, 12, 24],
  flips: true,
}

/** More candidates than this are a mistake: each costs a preview. */
const MAX_CANDIDATES = 10_000

/** A grid with every field, checked. @throws StableSigError 'bad-argument', 'limit' */
export function gridOf(search: Search): FullGrid {
  if (typeof search === 'string') {
    checkOneOf(search, 'search', ['standard'])
    return STANDARD_SEARCH
  }
  checkObject(search, 'search', "'standard', or an object of scales, rotations, flips, windows")
  const { scales, rotations, flips, windows, shortlist, maxSide } = { ...PLAIN, ...defined(search) }
  checkList(scales, 'scales of search', 'a factor from 1/16 to 16', (value) => value >= 1 / 16 && value <= 16)
  checkList(rotations, 'rotations of search', 'degrees from -180 to 180', (value) => Math.abs(value) <= 180)
  checkList(windows, 'windows of search', 'a share of the sides from 1/8 to 1', (value) => value >= 1 / 8 && value <= 1)
  if (typeof flips !== 'boolean') throw new StableSigError('bad-argument', 'flips of search: expected true or false')
  const whole = (value: number) => Number.isInteger(value) && value >= 1
  checkNumber(shortlist, 'shortlist of search', 'a whole number from 1', whole)
  checkNumber(maxSide, 'maxSide of search', 'a whole number of pixels from 32', (side) => whole(side) && side >= 32)
  const grid = {
    scales: unique(scales),
    rotations: unique(rotations),
    flips,
    windows: unique(windows),
    shortlist,
    maxSide,
  }
  const count = candidatesOf(grid).length
  if (count > MAX_CANDIDATES)
    throw new StableSigError(
      'limit',
      `search: ${count} candidates, expected at most ${MAX_CANDIDATES}: ask for fewer values`,
    )
  return grid
}

/** A part of an image, as shares of its sides. */
export interface Window {
  readonly top: number
  readonly left: number
  /** Of both sides. */
  readonly side: number
}

/** One way in which an image is read: its window is cut out, mirrored, turned, and then resized. */
export interface Candidate {
  readonly scale: number
  /** Degrees counter-clockwise. */
  readonly rotation: number
  readonly flipped: boolean
  readonly window: Window
}

/** Every combination; the image as it is comes first, also where the grid lacks it. */
export function candidatesOf({ scales, rotations, flips, windows }: FullGrid): Candidate[] {
  const found: Candidate[] = [{ scale: 1, rotation: 0, flipped: false, window: { top: 0, left: 0, side: 1 } }]
  for (const window of windows.flatMap(windowsOf))
    for (const flipped of flips ? [false, true] : [false])
      for (const rotation of rotations)
        for (const scale of scales)
          if (scale !== 1 || rotation !== 0 || flipped || window.side !== 1)
            found.push({ scale, rotation, flipped, window })
  return found
}

/** Windows of a share of the sides, from edge to edge, each overlapping its neighbour by about half. */
function windowsOf(side: number): Window[] {
  const count = side === 1 ? 1 : Math.ceil((2 * (1 - side)) / side) + 1
  const starts = Array.from({ length: count }, (_, i) => (count === 1 ? 0 : ((1 - side) * i) / (count - 1)))
  return starts.flatMap((top) => starts.map((left) => ({ top, left, side })))
}

function checkList(value: unknown, name: string, each: string, good: (value: number) => boolean): void {
  if (!Array.isArray(value) || value.length === 0)
    throw new StableSigError('bad-argument', `${name}: expected an array of at least one number`)
  for (const one of value) checkNumber(one, name, each, (number) => Number.isFinite(number) && good(number))
}

const unique = (values: readonly number[]): number[] => [...new Set(values)]

/** Without the fields that are undefined, which would hide a default. */
const defined = (grid: SearchGrid): Partial<FullGrid> =>
  Object.fromEntries(Object.entries(grid).filter(([, value]) => value !== undefined))
