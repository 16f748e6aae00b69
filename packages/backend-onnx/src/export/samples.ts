/** How many sizes a graph is recorded at: two determine a length as a function of the open ones, the others check it. */
export const SAMPLES = 4

/**
 * Lengths that the open axes take while recording. All are different primes, so that a length tells what it came from: 253 is
 * 11·23 and nothing else. Batches stay small, since some graphs depend on how much memory they would need.
 */
const BATCHES = [2, 3, 5, 7] as const
const SIDES = [
  [11, 13, 17, 19],
  [23, 29, 31, 37],
  [41, 43, 47, 53],
] as const

/** Values of the open lengths for each sample: `[sample][open length]`; the first is taken for the batch. */
export function sampleLengths(count: number): number[][] {
  const columns = [BATCHES, ...SIDES].slice(0, count)
  if (columns.length < count)
    throw new RangeError(`${count} open lengths; at most ${SIDES.length + 1} can be told from one another`)
  return Array.from({ length: SAMPLES }, (_, k) => columns.map((column) => column[k]!))
}
