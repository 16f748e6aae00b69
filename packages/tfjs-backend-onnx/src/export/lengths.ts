/**
 * A length as a function of the open lengths s: factor · s0^p0 · s1^p1 · … + offset. What stands in a graph as shapes, offsets
 * and counts is of this form as long as the graph's structure does not itself depend on the size.
 */
export interface Length {
  readonly factor: number
  /** Power of each open length. */
  readonly powers: readonly number[]
  readonly offset: number
}

/** Powers tried: attention over positions has H·W, and no network here has more than squares. */
const MAX_POWER = 2

/**
 * The length that takes the given values: `values[k]` where the open lengths are `open[k]`. Two of the samples determine factor
 * and offset, all others must agree.
 * @returns null where no such length exists
 */
export function fitLength(values: readonly number[], open: readonly (readonly number[])[]): Length | null {
  const count = open[0]?.length ?? 0
  const first = values[0]!
  if (values.every((v) => v === first)) return constantLength(first, count)
  for (const powers of combinations(count)) {
    const products = open.map((lengths) => product(lengths, powers))
    const other = products.findIndex((p) => p !== products[0])
    if (other < 0) continue
    const factor = (values[other]! - first) / (products[other]! - products[0]!)
    const offset = first - factor * products[0]!
    if (!Number.isInteger(factor) || !Number.isInteger(offset)) continue
    if (values.every((v, k) => v === factor * products[k]! + offset)) return { factor, powers, offset }
  }
  return null
}

export function constantLength(value: number, count: number): Length {
  return { factor: 0, powers: new Array<number>(count).fill(0), offset: value }
}

export function isConstant(length: Length): boolean {
  return length.factor === 0
}

export function sameLength(a: Length, b: Length): boolean {
  return a.factor === b.factor && a.offset === b.offset && a.powers.every((p, i) => p === b.powers[i])
}

function product(lengths: readonly number[], powers: readonly number[]): number {
  return lengths.reduce((p, length, i) => p * length ** powers[i]!, 1)
}

/** All powers of `count` open lengths, the simplest first. */
function combinations(count: number): number[][] {
  let all: number[][] = [[]]
  for (let i = 0; i < count; i++) {
    all = all.flatMap((head) => Array.from({ length: MAX_POWER + 1 }, (_, p) => [...head, p]))
  }
  const degree = (powers: readonly number[]) => powers.reduce((a, b) => a + b, 0)
  return all.filter((powers) => degree(powers) > 0).sort((a, b) => degree(a) - degree(b))
}
