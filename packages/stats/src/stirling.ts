/**
 * What Stirling's formula misses, for n >= 500: ln n! = n·ln n - n + ln(2·pi·n)/2 + stirlingError(n).
 * The series' next term, 1/(1680·n^7), is below 1e-22 there.
 */
export function stirlingError(n: number): number {
  const square = n * n
  return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / n
}
