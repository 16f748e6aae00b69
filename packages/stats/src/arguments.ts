/** Most trials a tail is computed for: the sum visits some 9·sqrt(n) terms, 0.3 million here. */
export const MAX_TRIALS = 1e9

/** @throws RangeError unless `value` is an integer in least..most */
export function checkInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(`${name} must be an integer in ${least}..${most}, but is ${value}`)
}

/** @throws RangeError unless `value` is in [0,1] */
export function checkProbability(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} must be a probability in [0,1], but is ${value}`)
}

/** @throws RangeError unless `value` is in (0,1) */
export function checkInside(name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name} must lie strictly between 0 and 1, but is ${value}`)
}

/** Number of trials: bits of a key, or of several images together. */
export function checkTotal(name: string, value: number): void {
  checkInteger(name, value, 0, MAX_TRIALS)
}

/** Number of keys or users. */
export function checkUsers(name: string, value: number): void {
  checkInteger(name, value, 1, Number.MAX_SAFE_INTEGER)
}
