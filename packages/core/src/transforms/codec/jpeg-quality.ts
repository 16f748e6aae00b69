import { StableSigError } from '../../errors.ts'
import { jpegTables } from './jpeg-tables.ts'

export interface JpegQuality {
  /** The quality whose tables are nearest, 1..100. */
  readonly quality: number
  /** How far from them the steps are: the mean of |ln(step/nearest step)|. 0: they are these very tables, which most programs write. */
  readonly distance: number
}

/** Coefficients of a block. */
const STEPS = 64

/**
 * Which quality has quantisation steps like these, as libjpeg scales annex K's? Some programs have tables of their own, which lie at a
 * distance from all of those.
 * @param luma steps of 8x8 coefficients, row by row
 * @param chroma likewise; none of a grey picture
 * @throws StableSigError 'bad-argument' for tables of another length, or steps below 1
 */
export function jpegQuality(luma: readonly number[], chroma?: readonly number[] | undefined): JpegQuality {
  for (const [name, table] of Object.entries({ luma, chroma: chroma ?? luma }))
    if (table.length !== STEPS || table.some((step) => !(step >= 1)))
      throw new StableSigError('bad-argument', `${name}: expected ${STEPS} quantisation steps of at least 1`)
  let best: JpegQuality = { quality: 0, distance: Number.POSITIVE_INFINITY }
  for (let quality = 1; quality <= 100; quality++) {
    const tables = jpegTables(quality)
    const apart = [...apartOf(luma, tables.luma), ...(chroma ? apartOf(chroma, tables.chroma) : [])]
    const distance = apart.reduce((sum, value) => sum + value, 0) / apart.length
    if (distance < best.distance) best = { quality, distance }
  }
  return best
}

const apartOf = (table: readonly number[], other: readonly number[]): number[] =>
  table.map((step, i) => Math.abs(Math.log(step / (other[i] ?? 1))))
