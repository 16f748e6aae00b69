import {
  add,
  clipByValue,
  clone,
  concat,
  div,
  matMul,
  mul,
  reshape,
  round,
  split,
  sub,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tensor2d,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { customGradient } from '../ops/custom-gradient.ts'

/** Tables of the JPEG standard's annex K, by rows. */
const LUMA = [
  [16, 11, 10, 16, 24, 40, 51, 61],
  [12, 12, 14, 19, 26, 58, 60, 55],
  [14, 13, 16, 24, 40, 57, 69, 56],
  [14, 17, 22, 29, 51, 87, 80, 62],
  [18, 22, 37, 56, 68, 109, 103, 77],
  [24, 35, 55, 64, 81, 104, 113, 92],
  [49, 64, 78, 87, 103, 121, 120, 101],
  [72, 92, 95, 98, 112, 100, 103, 99],
]
const CHROMA = [
  [17, 18, 24, 47, 99, 99, 99, 99],
  [18, 21, 26, 66, 99, 99, 99, 99],
  [24, 26, 56, 99, 99, 99, 99, 99],
  [47, 66, 99, 99, 99, 99, 99, 99],
  ...[0, 1, 2, 3].map(() => [99, 99, 99, 99, 99, 99, 99, 99]),
]

/** RGB -> Y, Cb, Cr as JFIF has them, and back; columns are what is made. */
const TO_YCC = [
  [0.299, -0.168736, 0.5],
  [0.587, -0.331264, -0.418688],
  [0.114, 0.5, -0.081312],
]
const TO_RGB = [
  [1, 1, 1],
  [0, -0.344136, 1.772],
  [1.402, -0.714136, 0],
]

/** Quantisation steps of a quality, 1..100, as libjpeg scales them. */
export function quantisation(quality: number): { readonly luma: number[]; readonly chroma: number[] } {
  const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality
  const scaled = (table: number[][]) =>
    table.flat().map((step) => Math.min(255, Math.max(1, Math.floor((step * scale + 50) / 100))))
  return { luma: scaled(LUMA), chroma: scaled(CHROMA) }
}

/** Steps for every position of size x size coefficients, for each image: [N,size,size] row by row. */
export function quantisationPlanes(tables: readonly number[][], size: number): Float32Array {
  const plane = size * size
  const values = new Float32Array(tables.length * plane)
  for (const [n, table] of tables.entries())
    for (let i = 0; i < plane; i++) values[n * plane + i] = at(table, (Math.floor(i / size) % 8) * 8 + ((i % size) % 8))
  return values
}

/** The matrix [size,size] of the orthonormal DCT of each run of eight. */
function blockDct(size: number): number[][] {
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => {
      const [u, x] = [i % 8, j % 8]
      if (i - u !== j - x) return 0
      return (u === 0 ? Math.sqrt(1 / 8) : 0.5) * Math.cos(((2 * x + 1) * u * Math.PI) / 16)
    }),
  )
}

const transposed = (a: number[][]): number[][] => (a[0] ?? []).map((_, j) => a.map((row) => at(row, j)))
const product = (a: number[][], b: number[][]): number[][] =>
  a.map((row) => transposed(b).map((column) => row.reduce((sum, value, i) => sum + value * at(column, i), 0)))

/** Means of pairs: [size/2,size]. */
const halving = (size: number): number[][] =>
  Array.from({ length: size / 2 }, (_, i) =>
    Array.from({ length: size }, (_, j) => (Math.floor(j / 2) === i ? 0.5 : 0)),
  )

/** A matrix for multiplying from the right, and the way back. */
interface Transform {
  readonly forward: number[][]
  readonly back: number[][]
}

const transforms = new Map<number, { readonly luma: Transform; readonly chroma: Transform }>()

/** Chroma is halved before its DCT and doubled after it; each is one matrix. */
function transformsOf(size: number) {
  const known = transforms.get(size)
  if (known) return known
  const [whole, half] = [blockDct(size), blockDct(size / 2)]
  const double = transposed(halving(size)).map((row) => row.map((value) => 2 * value))
  const made = {
    luma: { forward: transposed(whole), back: whole },
    chroma: { forward: transposed(product(half, halving(size))), back: transposed(product(double, transposed(half))) },
  }
  transforms.set(size, made)
  return made
}

/** A·X·Aᵀ for each plane X [N,S,S], with Aᵀ [S,T] given -> [N,T,T]. */
function sandwich(x: Tensor3D, matrix: Tensor2D): Tensor3D {
  const [n, s] = x.shape
  const t = matrix.shape[1]
  const once = reshape(matMul(reshape(x, [n * s, s]), matrix), [n, s, t])
  const twice = matMul(reshape(transpose(once, [0, 2, 1]), [n * t, s]), matrix)
  return transpose(reshape(twice, [n, t, t]), [0, 2, 1]) as Tensor3D
}

/** Steps of quantisation: luma [N,S,S], chroma [N,S/2,S/2]. */
export type JpegSteps = { luma: Tensor3D; chroma: Tensor3D }

/**
 * What JPEG makes of images [N,S,S,3] in [0, 1], S a multiple of 16: 4:2:0, DCT of 8x8 blocks, coefficients rounded to their
 * steps. Everything but rounding is a product with a matrix. The gradient is passed through unchanged.
 * @param shares [N,1,1,1]: 1 where an image is compressed, 0 where it stays as it is
 */
export function simulatedJpeg(images: Tensor4D, steps: JpegSteps, shares: Tensor4D): Tensor4D {
  return customGradient([images], () => ({
    value: add<Tensor4D>(images, mul(shares, sub(compressed(images, steps), images))),
    saved: [],
    gradient: (dy: Tensor4D) => [clone(dy)],
  }))
}

function compressed(images: Tensor4D, { luma, chroma }: JpegSteps): Tensor4D {
  return tidy(() => {
    const [n, size] = images.shape
    const table = (values: number[][]) => tensor2d(values)
    const of = transformsOf(size)
    const colours = (x: Tensor4D, matrix: number[][]): Tensor4D =>
      reshape(matMul(reshape(x, [-1, 3]), table(matrix)), [n, size, size, 3])
    const levels = sub<Tensor4D>(mul(clipByValue(images, 0, 1), 255), 128)
    const planes = split(colours(levels, TO_YCC), 3, 3).map((plane) => reshape(plane, [n, size, size]) as Tensor3D)
    const through = (x: Tensor3D, { forward, back }: Transform, step: Tensor): Tensor3D => {
      const coefficients = mul<Tensor3D>(round(div(sandwich(x, table(forward)), step)), step)
      return sandwich(coefficients, table(back))
    }
    const kept = planes.map((plane, i) => (i === 0 ? through(plane, of.luma, luma) : through(plane, of.chroma, chroma)))
    const joined = concat(
      kept.map((plane) => reshape(plane, [n, size, size, 1]) as Tensor4D),
      3,
    )
    return clipByValue(div(add(colours(joined, TO_RGB), 128), 255), 0, 1)
  })
}
