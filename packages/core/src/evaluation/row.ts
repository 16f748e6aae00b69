import { StableSigError } from '../errors.ts'

/**
 * One image as one signed decoder makes it: how far it is from the unsigned one, and how much of the key is read after each attack.
 * Counts and distances alone: no key, no bit of one.
 */
export interface EvaluationRow {
  /** Index of the signed decoder and its key, from 0. */
  readonly key: number
  /** Index of the image, from 0. */
  readonly image: number
  /** Signed against unsigned picture, both of 8 bits, in dB; Infinity for equal ones. */
  readonly psnr: number
  /** The same pair's SSIM, of 7x7 uniform windows; NaN below 7 pixels. */
  readonly ssim: number
  /**
   * PSNR of errors weighted by how well they are seen (`maskedDistance`), in dB: above `psnr` where they hide in texture, below it
   * where they lie in flat areas.
   */
  readonly maskedPsnr: number
  /** Bits that agree with the key, read from the signed picture after each attack, in the order of the attacks. */
  readonly marked: readonly number[]
  /** The same of the unsigned picture: what a key agrees with by chance. */
  readonly unmarked: readonly number[]
}

/** What rows of one evaluation have in common. */
export interface EvaluationSize {
  readonly keys: number
  readonly images: number
  readonly attacks: number
  /** Bits of a key. */
  readonly bits: number
}

/** A row as JSON has it: numbers that JSON lacks as text. `readEvaluationRow` reads it back. */
export const evaluationRowText = (row: EvaluationRow): string =>
  JSON.stringify(row, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  )

/**
 * A row from what JSON.parse made of its text.
 * @throws StableSigError 'bad-checkpoint' where it is not a row of an evaluation of this size
 */
export function readEvaluationRow(value: unknown, { keys, images, attacks, bits }: EvaluationSize): EvaluationRow {
  if (typeof value !== 'object' || value === null) throw refused('an object', value)
  const field = (name: keyof EvaluationRow): unknown => Reflect.get(value, name)
  const whole = (name: 'key' | 'image', below: number) => wholeBelow(field(name), below, name)
  const counts = (name: 'marked' | 'unmarked') => {
    const found = field(name)
    if (!Array.isArray(found) || found.length !== attacks) throw refused(`${attacks} counts in '${name}'`, found)
    return found.map((count: unknown) => wholeBelow(count, bits + 1, name))
  }
  return {
    key: whole('key', keys),
    image: whole('image', images),
    psnr: distance(field('psnr'), 'psnr'),
    ssim: distance(field('ssim'), 'ssim'),
    maskedPsnr: distance(field('maskedPsnr'), 'maskedPsnr'),
    marked: counts('marked'),
    unmarked: counts('unmarked'),
  }
}

function wholeBelow(value: unknown, below: number, name: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < below) return value
  throw refused(`'${name}' to be a whole number below ${below}`, value)
}

/** What `evaluationRowText` writes for numbers that JSON lacks. */
const UNUSUAL: Readonly<Record<string, number>> = {
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  NaN: Number.NaN,
}

function distance(value: unknown, name: string): number {
  if (typeof value === 'number') return value
  const unusual = typeof value === 'string' && Object.hasOwn(UNUSUAL, value) ? UNUSUAL[value] : undefined
  if (unusual === undefined) throw refused(`'${name}' to be a number`, value)
  return unusual
}

const refused = (expected: string, found: unknown): StableSigError =>
  new StableSigError(
    'bad-checkpoint',
    `a row of the evaluation: expected ${expected}, found ${JSON.stringify(found)?.slice(0, 40)}; it is of another evaluation or damaged`,
  )
