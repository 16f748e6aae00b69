import { checkInside } from './arguments.ts'

// Wichura, Algorithm AS 241 (Applied Statistics 37, 1988), PPND16: ratios of polynomials, coefficients from the constant up,
// as the nearest doubles.
const CENTRE = {
  over: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  under: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
}
const MIDDLE = {
  over: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  under: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
}
const FAR = {
  over: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
  ],
  under: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
}

/**
 * The z that a standard normal variable stays below with probability p: normalQuantile(0.975) = 1.9599639845400545.
 * Relative error below 1e-15, for p as small as a double gets. For p near 1 pass 1-p and change the sign: it has more digits.
 * @param p (0,1)
 * @throws RangeError outside
 */
export function normalQuantile(p: number): number {
  checkInside('p', p)
  const centred = p - 0.5
  if (Math.abs(centred) <= 0.425) return centred * ratio(CENTRE, 0.180625 - centred * centred)
  const r = Math.sqrt(-Math.log(centred < 0 ? p : 1 - p))
  const z = r <= 5 ? ratio(MIDDLE, r - 1.6) : ratio(FAR, r - 5)
  return centred < 0 ? -z : z
}

function ratio({ over, under }: typeof CENTRE, x: number): number {
  return polynomial(over, x) / polynomial(under, x)
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0)
}
