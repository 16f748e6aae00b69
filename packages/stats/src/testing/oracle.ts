/** An exact rational: num/den, den > 0. */
export interface Rational {
  readonly num: bigint
  readonly den: bigint
}

/** The exact value of a finite double, at least 0. */
export function rational(value: number): Rational {
  let scaled = value
  let shift = 0n
  for (; !Number.isInteger(scaled); shift++) scaled *= 2
  return { num: BigInt(scaled), den: 1n << shift }
}

/**
 * Exact distribution of Bin(n, p) in integers: weights w with P(X = i) = w[i]/total, and upper[t] = sum_{i>=t} w[i].
 * The definition itself, with nothing in common with the code under test.
 */
export function exactBinomial(n: number, p: number): { weights: bigint[]; upper: bigint[]; total: bigint } {
  const { num, den } = rational(p)
  const weights = Array.from({ length: n + 1 }, () => 1n)
  let choose = 1n
  let power = 1n
  for (let i = 0; i <= n; i++) {
    weights[i] = choose * power
    choose = (choose * BigInt(n - i)) / BigInt(i + 1)
    power *= num
  }
  power = 1n
  for (let i = n; i >= 0; i--) {
    weights[i] = (weights[i] ?? 0n) * power
    power *= den - num
  }
  const upper = [...weights, 0n]
  for (let i = n; i >= 0; i--) upper[i] = (upper[i] ?? 0n) + (upper[i + 1] ?? 0n)
  return { weights, upper, total: upper[0] ?? 0n }
}

/** P(Bin(n, 1/2) >= t) for t near n, exactly: the distribution is not stored. */
export function exactFairTail(t: number, n: number): Rational {
  let choose = 1n
  let sum = 0n
  for (let i = n; i >= t; i--) {
    sum += choose
    choose = (choose * BigInt(i)) / BigInt(n - i + 1)
  }
  return { num: sum, den: 1n << BigInt(n) }
}

/** |got - exact|/exact; 0 where both are 0. */
export function relativeError(got: number, { num, den }: Rational): number {
  if (num === 0n) return got === 0 ? 0 : Number.POSITIVE_INFINITY
  const value = rational(got)
  const off = value.num * den - num * value.den
  return Number(((off < 0n ? -off : off) << 200n) / (num * value.den)) * 2 ** -200
}

/** log10 of an exact rational in (0,1], to a few units in the 16th digit. */
export function exactLog10({ num, den }: Rational): number {
  if (2n * num > den) return Math.log1p(-quotient(den - num, den)) / Math.LN10
  const shift = bitLength(den) - bitLength(num)
  return Math.log10(quotient(num << BigInt(shift), den)) - shift * Math.log10(2)
}

/** num/den as a double; 0 far below the least one. */
function quotient(num: bigint, den: bigint): number {
  const shift = Math.max(0, bitLength(den) - bitLength(num)) + 100
  return Number((num << BigInt(shift)) / den) * 2 ** -100 * 2 ** (100 - shift)
}

function bitLength(value: bigint): number {
  return value.toString(16).length * 4
}
