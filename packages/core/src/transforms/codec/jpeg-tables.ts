import { checkNumber } from '../../arguments.ts'

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

/** Quantisation steps of 8x8 coefficients, row by row. */
export interface JpegTables {
  readonly luma: readonly number[]
  readonly chroma: readonly number[]
}

/**
 * Quantisation steps of a quality as libjpeg scales annex K's: trunc((step·s + 50)/100) within 1..255, with s = 5000/quality below 50
 * and 200 - 2·quality from 50 on.
 * @param quality 1..100
 * @throws StableSigError 'bad-argument'
 */
export function jpegTables(quality: number): JpegTables {
  checkNumber(quality, 'quality of JPEG', 'a whole number from 1 to 100', isQuality)
  const scale = quality < 50 ? Math.trunc(5000 / quality) : 200 - 2 * quality
  const scaled = (table: number[][]) =>
    table.flat().map((step) => Math.min(255, Math.max(1, Math.trunc((step * scale + 50) / 100))))
  return { luma: scaled(LUMA), chroma: scaled(CHROMA) }
}

export const isQuality = (quality: number): boolean => Number.isInteger(quality) && quality >= 1 && quality <= 100

/** Steps for every position of height x width coefficients, for each image: [N,height,width] row by row. */
export function stepPlanes(tables: readonly (readonly number[])[], height: number, width: number): Float32Array {
  const plane = height * width
  const values = new Float32Array(tables.length * plane)
  for (const [n, table] of tables.entries())
    for (let i = 0; i < plane; i++)
      values[n * plane + i] = table[(Math.floor(i / width) % 8) * 8 + ((i % width) % 8)] ?? 1
  return values
}
