import { badArgument, checkNumber, checkObject, checkOptions } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { readBits } from '../../metrics/bits.ts'
import { type Key, keyBits } from '../../signal/key.ts'

/**
 * How often a bit is right, by the magnitude of its logit relative to the mean magnitude of its image's logits, r = |logit| / mean:
 *   P(right) = errorFloor + (1 - 2 errorFloor) / (1 + exp(-slope r)).
 * Relative, because a mark that was attacked, or another extractor, has smaller logits throughout.
 */
export interface Reliability {
  /** Above 0: how soon a larger logit is a surer one. */
  readonly slope: number
  /** [0, 1/2): share of wrong bits among the largest logits, which bounds what one bit may weigh. */
  readonly errorFloor: number
}

/** As `examples/soft.mjs` fits it to pictures of a signed decoder that were compressed, cropped and resized; `fitReliability` fits yours. */
export const DEFAULT_RELIABILITY: Reliability = { slope: 4, errorFloor: 0.005 }

/** Largest weight of a bit. */
const LEVELS = 255

/** @throws StableSigError 'bad-argument' */
export function checkReliability(reliability: Reliability): void {
  checkObject(reliability, 'reliability', 'an object', ['slope', 'errorFloor'])
  const { slope, errorFloor } = reliability
  checkNumber(slope, 'slope of reliability', 'a number above 0', (value) => value > 0 && Number.isFinite(value))
  checkNumber(
    errorFloor,
    'errorFloor of reliability',
    'a share from 0 to below 1/2',
    (value) => value >= 0 && value < 0.5,
  )
}

/**
 * What agreement of each bit weighs: ln(P(right) / P(wrong)), which is the best weight where the reliability is true, rounded to whole
 * numbers 0..255 of the largest of them. Magnitudes alone enter, and no key.
 * @param logits finite numbers
 */
export function weightsOf(logits: ArrayLike<number>, reliability: Reliability): Uint8Array {
  const evidence = relative(logits).map((r) => {
    const right = probabilityRight(r, reliability)
    return Math.log(right / (1 - right))
  })
  const largest = Math.max(...evidence)
  return Uint8Array.from(evidence, (value) => (largest > 0 ? Math.round((value / largest) * LEVELS) : 1))
}

/**
 * The reliability under which what was read of marked images is most likely, by a search of a grid.
 * @param rows logits of images that carry `key`: attacked as those that will be decided on, and not those themselves
 * @throws StableSigError 'bad-argument' without images, 'bad-key' for another length, 'not-finite'
 */
export function fitReliability(rows: readonly ArrayLike<number>[], options: { readonly key: Key }): Reliability {
  checkOptions(options, 'fitReliability')
  if (!Array.isArray(rows)) throw badArgument('rows', 'an array of logits, one entry an image', rows)
  if (rows.length === 0) throw new StableSigError('bad-argument', 'Expected logits of at least one marked image')
  const wanted = keyBits(options.key)
  const observed = rows.flatMap((row, i) => {
    const bits = readBits(row, { name: `image ${i + 1}` })
    if (bits.length !== wanted.length)
      throw new StableSigError('bad-key', `Expected a key of ${bits.length} bits, as were read; found ${wanted.length}`)
    return relative(row).map((r, j) => ({ r, right: bits[j] === wanted[j] }))
  })
  let best = DEFAULT_RELIABILITY
  let most = Number.NEGATIVE_INFINITY
  for (const slope of SLOPES)
    for (const errorFloor of FLOORS) {
      const curve = { slope, errorFloor }
      let likelihood = 0
      for (const { r, right } of observed) {
        const p = probabilityRight(r, curve)
        likelihood += Math.log(right ? p : 1 - p)
      }
      if (likelihood > most) [best, most] = [curve, likelihood]
    }
  return best
}

const SLOPES = Array.from({ length: 33 }, (_, i) => 0.25 * 2 ** (i / 6))
const FLOORS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3]

function probabilityRight(r: number, { slope, errorFloor }: Reliability): number {
  const right = errorFloor + (1 - 2 * errorFloor) / (1 + Math.exp(-slope * r))
  // A bit is never certain: with a floor of 0 the largest logits would decide alone.
  return Math.min(right, 1 - 1e-9)
}

/** Magnitudes over their mean; 1 each where all are 0. */
function relative(logits: ArrayLike<number>): number[] {
  const magnitudes = Array.from(logits, Math.abs)
  const mean = magnitudes.reduce((sum, value) => sum + value, 0) / magnitudes.length
  return magnitudes.map((value) => (mean > 0 ? value / mean : 1))
}
