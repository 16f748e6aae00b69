import { InvalidArgumentError } from 'commander'

/** Readers of option values: each takes the text as typed and throws what commander reports beside the option's name. */

const number = (text: string): number => {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new InvalidArgumentError('It is not a number.')
  return Number(text)
}

/** A whole number in [least, most]; 1e5 is one. */
export const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = number(text)
    if (Number.isInteger(value) && value >= least && value <= most) return value
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
    throw new InvalidArgumentError(`It must be a whole number ${range}.`)
  }

/** A probability strictly between 0 and 1. */
export const rate = (text: string): number => {
  const value = number(text)
  if (value > 0 && value < 1) return value
  throw new InvalidArgumentError('It must lie between 0 and 1, both excluded.')
}

/** A share of a whole: above 0, and 1 at most. */
export const share = (text: string): number => {
  const value = number(text)
  if (value > 0 && value <= 1) return value
  throw new InvalidArgumentError('It must be above 0 and at most 1.')
}

/** A share of a whole, of which there may be none: from 0 to 1. */
export const shareOrNone = (text: string): number => {
  const value = number(text)
  if (value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('It must be from 0 to 1.')
}

/** A number above 0. */
export const positive = (text: string): number => {
  const value = number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError('It must be above 0.')
}

/** A number of at least 0. */
export const notNegative = (text: string): number => {
  const value = number(text)
  if (value >= 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError('It must be at least 0.')
}
