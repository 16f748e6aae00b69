/** Splits a double into two halves of 26 bits, whose products are exact (Dekker 1971). */
const SPLITTER = 2 ** 27 + 1
const BIG = 2 ** 300
const SMALL = 2 ** -300

/**
 * A positive number (hi + lo)·2^(300·scale): 106 bits of precision (a "double-double") and any exponent.
 *
 * Two things make a probability of 1e-300 hard in doubles. Its logarithm, -690, carries an error of 1e-13 that exp turns into a
 * relative one, and a product of a thousand ratios drifts by a thousand roundings. Here neither is needed: powers are repeated
 * squarings, sums are sums, each exact to about 2^-104, and one rounding remains when the result becomes a double.
 *
 * Methods change the number in place and return it, so that a sum of thousands of terms allocates two objects.
 */
export class Extended {
  constructor(
    public hi: number,
    public lo = 0,
    public scale = 0,
  ) {}

  /** 1 - p without rounding: for p in [0,1] the error of the subtraction is itself a double. */
  static oneMinus(p: number): Extended {
    const hi = 1 - p
    return new Extended(hi, 1 - hi - p)
  }

  clone(): Extended {
    return new Extended(this.hi, this.lo, this.scale)
  }

  /** Times (hi + lo). The product of the high parts is exact, as product + error. */
  multiply(hi: number, lo = 0): this {
    const product = this.hi * hi
    const error = productError(this.hi, hi, product) + (this.hi * lo + this.lo * hi)
    this.hi = product + error
    this.lo = error - (this.hi - product)
    return this
  }

  multiplyBy(other: Extended): this {
    this.multiply(other.hi, other.lo)
    this.scale += other.scale
    return this.rescale()
  }

  /** Divided by (hi + lo): one quotient in doubles, and a second one of what that leaves over. */
  divide(hi: number, lo = 0): this {
    const quotient = this.hi / hi
    const product = quotient * hi
    const rest = this.hi - product - productError(quotient, hi, product) + this.lo - quotient * lo
    const correction = rest / hi
    this.hi = quotient + correction
    this.lo = correction - (this.hi - quotient)
    return this
  }

  divideBy(other: Extended): this {
    this.divide(other.hi, other.lo)
    this.scale -= other.scale
    return this.rescale()
  }

  /** Plus a number of the same scale. */
  add(other: Extended): this {
    const sum = this.hi + other.hi
    const kept = sum - this.hi
    const error = this.hi - (sum - kept) + (other.hi - kept) + this.lo + other.lo
    this.hi = sum + error
    this.lo = error - (this.hi - sum)
    return this
  }

  /** To a power 0, 1, 2, … by repeated squaring: the relative error is the exponent times 2^-104. */
  power(exponent: number): this {
    const square = this.clone().rescale()
    this.hi = 1
    this.lo = 0
    this.scale = 0
    for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) this.multiplyBy(square)
      if (rest > 1) square.multiplyBy(square)
    }
    return this
  }

  /** Moves powers of two from the digits to the scale, so that products and their errors stay far from over- and underflow. */
  rescale(): this {
    while (this.hi >= BIG) this.shift(SMALL, 1)
    while (this.hi < SMALL && this.hi > 0) this.shift(BIG, -1)
    return this
  }

  /** 1 - this, for a number in [0,1]. */
  complement(): number {
    if (this.scale < 0) return 1 - this.toNumber()
    return 1 - this.hi - this.lo
  }

  /** The difference to 1, exact to 2^-104 for a number near 1; for a rescaled number far from it, -1 or Infinity. */
  minusOne(): number {
    if (this.scale > 1) return Number.POSITIVE_INFINITY
    if (this.scale < -1) return -1
    const factor = this.scale === 0 ? 1 : this.scale > 0 ? BIG : SMALL
    return this.hi * factor - 1 + this.lo * factor
  }

  /** Nearest double; 0 below 5e-324. */
  toNumber(): number {
    let value = this.hi
    for (let i = this.scale; i < 0 && value !== 0; i++) value *= SMALL
    for (let i = this.scale; i > 0 && value !== Number.POSITIVE_INFINITY; i--) value *= BIG
    return value
  }

  /** Common logarithm; -Infinity for 0. */
  log10(): number {
    const value = this.toNumber()
    // Near 1 the digits of the logarithm are in the complement; a sum of two large terms would lose those of a small one.
    if (value > 0.5 && value <= 1) return Math.log1p(-this.complement()) / Math.LN10 + 0 // not -0
    if (value > 1e-300) return Math.log10(value)
    return Math.log10(this.hi) + this.scale * 300 * LOG10_2
  }

  private shift(factor: number, scale: number): void {
    this.hi *= factor
    this.lo *= factor
    this.scale += scale
  }
}

const LOG10_2 = Math.log10(2)

/** a·b - product, exactly. */
function productError(a: number, b: number, product: number): number {
  const wideA = SPLITTER * a
  const wideB = SPLITTER * b
  const highA = wideA - (wideA - a)
  const highB = wideB - (wideB - b)
  const lowA = a - highA
  const lowB = b - highB
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB)
}
