/** By what a difference is multiplied, so that it can be seen. */
export const GAIN = 10

/**
 * Where two pictures of one size differ: mid-grey where they agree, brighter or darker by ten times the difference.
 * @returns opaque
 */
export function amplifiedDifference(unsigned: ImageData, signed: ImageData): ImageData {
  const difference = new ImageData(unsigned.width, unsigned.height)
  for (let at = 0; at < difference.data.length; at++)
    difference.data[at] = at % 4 === 3 ? 255 : 128 + GAIN * ((signed.data[at] ?? 0) - (unsigned.data[at] ?? 0))
  return difference
}
