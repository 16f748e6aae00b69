import { checkInside } from './arguments.ts'

/**
 * P(T >= t) of Student's t, exact to about 1e-14 relative, also far out where 1 - cdf gives 0.
 * @param t any real number; infinities give 0 or 1
 * @param df degrees of freedom, above 0
 * @throws RangeError for NaN or degrees of freedom that are not above 0
 */
export function studentTail(t: number, df: number): number {
  return t >= 0 ? Math.exp(lnHalfTail(t, df)) : 1 - Math.exp(lnHalfTail(-t, df))
}

/** log10 P(T >= t): finite where the tail itself is below every double. */
export function log10StudentTail(t: number, df: number): number {
  const ln = t >= 0 ? lnHalfTail(t, df) : Math.log1p(-Math.exp(lnHalfTail(-t, df)))
  return ln / Math.LN10
}

/**
 * The t that Student's variable stays below with probability p: studentQuantile(0.975, 10) = 2.228138851986274. For p near 1 pass
 * 1 - p and change the sign: it has more digits.
 * @param p (0,1)
 * @param df degrees of freedom, above 0
 * @throws RangeError outside
 */
export function studentQuantile(p: number, df: number): number {
  checkInside('p', p)
  checkDegrees(df)
  if (p === 0.5) return 0
  if (p > 0.5) return -studentQuantile(1 - p, df)
  const wanted = Math.log(p)
  let [low, high] = [0, 1]
  while (lnHalfTail(high, df) > wanted) [low, high] = [high, high * 2]
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return -high
    if (lnHalfTail(middle, df) > wanted) low = middle
    else high = middle
  }
}

/**
 * ln P(T >= t) for t >= 0: half the incomplete beta function I_x(df/2, 1/2) at x = df/(df + t²). Its continued fraction converges
 * fast for x below (a+1)/(a+b+2); above it, I_x(a, b) = 1 - I_(1-x)(b, a).
 */
function lnHalfTail(t: number, df: number): number {
  checkDegrees(df)
  if (Number.isNaN(t)) throw new RangeError('t must be a number, but is NaN')
  if (t === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY
  const [a, b] = [df / 2, 0.5]
  // As ratios of what neither over- nor underflows: t² may be beyond doubles.
  const ratio = (t / Math.sqrt(df)) ** 2
  const [lnX, lnY] = [-Math.log1p(ratio), -Math.log1p(1 / ratio)]
  const [x, y] = [1 / (1 + ratio), 1 / (1 + 1 / ratio)]
  const lnFront = a * lnX + b * lnY + lnGammaStep(a) - Math.log(Math.PI) / 2
  if (x < (a + 1) / (a + b + 2)) return lnFront + Math.log(betaFraction(x, a, b) / (2 * a))
  return Math.log((1 - (Math.exp(lnFront) * betaFraction(y, b, a)) / b) / 2)
}

/** The continued fraction of the incomplete beta function by Lentz's method (DLMF 8.17.22). */
function betaFraction(x: number, a: number, b: number): number {
  const kept = (value: number) => (Math.abs(value) < 1e-300 ? 1e-300 : value)
  let c = 1
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1))
  let result = d
  for (let m = 1; m < 100_000; m++) {
    const before = result
    for (const factor of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / kept(1 + factor * d)
      c = kept(1 + factor / c)
      result *= d * c
    }
    if (Math.abs(result - before) <= 1e-16 * Math.abs(result)) break
  }
  return result
}

/** ln Γ(a + 1/2) - ln Γ(a): its asymptotic series where a >= 20, below 1e-15 there, reached by Γ(a + 1) = a·Γ(a). */
function lnGammaStep(a: number): number {
  let moved = 0
  let at = a
  for (; at < 20; at++) moved -= Math.log1p(0.5 / at)
  const square = at * at
  const series = (1 / 8 - (1 / 192 - (1 / 640 - 17 / 14336 / square) / square) / square) / at
  return moved + Math.log(at) / 2 - series
}

function checkDegrees(df: number): void {
  if (!(df > 0 && Number.isFinite(df))) throw new RangeError(`degrees of freedom must be above 0, but are ${df}`)
}
