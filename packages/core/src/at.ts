/**
 * Element i of a list or array that must have it. Arithmetic with what lies beyond the end would go on with NaN, and with a default
 * in its place with a number that nobody meant.
 * @throws RangeError
 */
export function at<T>(values: ArrayLike<T>, i: number): T {
  const value = values[i]
  if (value === undefined) throw new RangeError(`element ${i} of ${values.length} is missing`)
  return value
}
