import { checkNumber } from '../arguments.ts'
import { StableSigError } from '../errors.ts'

/** Bits of one image that agree with its key, of how many. */
export interface BitCount {
  readonly matches: number
  readonly total: number
}

/** How many of how many: a ratio never stands without its counts. */
export interface Share {
  readonly count: number
  readonly of: number
  /** count / of */
  readonly share: number
}

/** Right bits among all bits of all images. @throws StableSigError 'bad-argument' where there is no image, or a count is out of range */
export function bitAccuracy(readings: readonly BitCount[]): Share {
  checkReadings(readings)
  const sum = (of: (reading: BitCount) => number) => readings.reduce((all, reading) => all + of(reading), 0)
  return shareOf(
    sum(({ matches }) => matches),
    sum(({ total }) => total),
  )
}

/** Images of which every bit is right, among all images. @throws StableSigError as bitAccuracy */
export function wordAccuracy(readings: readonly BitCount[]): Share {
  checkReadings(readings)
  return shareOf(readings.filter(({ matches, total }) => matches === total).length, readings.length)
}

const shareOf = (count: number, of: number): Share => ({ count, of, share: count / of })

function checkReadings(readings: readonly BitCount[]): void {
  if (!Array.isArray(readings) || readings.length === 0)
    throw new StableSigError('bad-argument', 'readings: expected an array of at least one { matches, total }')
  for (const [i, { matches, total }] of readings.entries()) {
    checkNumber(total, `readings[${i}].total`, 'a whole number from 1', (n) => Number.isSafeInteger(n) && n >= 1)
    checkNumber(
      matches,
      `readings[${i}].matches`,
      `a whole number from 0 to ${total}`,
      (n) => Number.isSafeInteger(n) && n >= 0 && n <= total,
    )
  }
}
