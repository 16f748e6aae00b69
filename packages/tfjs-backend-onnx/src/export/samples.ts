/**
 * Lengths that the open axes take while recording: the first is taken for the batch. All are primes, so that a length tells
 * what it came from: 77 is 7·11 and nothing else. And they are small, since some graphs fall into parts where a large image
 * would need more memory than they allow themselves.
 */
const FIRST = [2, 7, 11, 19] as const
const SECOND = [3, 13, 17, 23] as const

/**
 * Sizes at which a graph is recorded, `[sample][open length]`: one, then one open length changed at a time, then all of them.
 * Two samples determine a length as a function of the open ones, the others check it.
 */
export function sampleLengths(count: number): number[][] {
  const first = FIRST.slice(0, count)
  const second = SECOND.slice(0, count)
  if (first.length < count)
    throw new RangeError(`${count} open lengths; at most ${FIRST.length} can be told from one another`)
  const changed = first.map((_, i) => first.map((length, j) => (i === j ? second[i]! : length)))
  return count === 0 ? [[]] : [first, ...changed, second]
}
