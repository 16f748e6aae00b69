import { mul, type Scalar, sum, type Tensor4D, tensor2d, tidy, tile } from '@tensorflow/tfjs-core'
import { abortedError } from '../aborted.ts'
import { checkNumber, checkOptions, checkSignal } from '../arguments.ts'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { extractLogits } from '../inference/graphs.ts'
import { checkExtractor } from '../models/check-models.ts'
import type { Extractor } from '../models/extractor.ts'
import { symmetricEigen } from '../ops/eigen.ts'
import { asInput } from '../ops/hints.ts'
import { valueAndGradients } from '../ops/value-and-gradients.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { checkKey, type Key, keyBits, randomKeys } from '../signal/key.ts'
import { checkedImages, type ImageSet } from '../training/image-set.ts'
import { MADE_UP_PICTURES } from './made-up-pictures.ts'

export interface KeyEffortOptions {
  readonly extractor: Extractor
  /** Photographs such as those that will be marked. Default: made-up pictures, by which keys are ordered nearly as by photographs. */
  readonly images?: ImageSet | undefined
  /** Their side in pixels. Default 96. */
  readonly size?: number | undefined
  /** How many of them are looked at, the first ones. Default 2. */
  readonly count?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** What each key asks of a picture. */
export interface KeyEffort {
  readonly bits: number
  /** Symmetric, row-major [bits,bits], of trace 1: M in the effort s^T M s of a key whose bits are s, -1 and 1. */
  readonly matrix: Float64Array
}

/** Bits that are differentiated at once. */
const TOGETHER = 8
/** Least eigenvalue of what is inverted, as a share of the greatest. */
const FLOOR = 1e-9

/**
 * How much a picture must change to carry a key, for any key of an extractor. To first order the least change δ that brings logits of equal
 * size and of the key's signs s has  |δ|² = s^T (J J^T)^-1 s,  J the derivative of logits by the picture; J J^T is averaged over
 * pictures, each of the same trace. It is given as a multiple of what random keys take on average. Extractors answer to some mixes of bits far less
 * than to others, and keys differ several times in what they ask of those: hard ones lose bits (docs/recipes.md).
 * @throws StableSigError 'bad-argument', 'disposed', 'aborted'; 'not-finite'; 'shape' or 'bad-image' naming an image by its index
 */
export async function measureKeyEffort(options: KeyEffortOptions): Promise<KeyEffort> {
  checkOptions(options, 'measureKeyEffort')
  const { extractor, images = MADE_UP_PICTURES, size = 96, count = 2, signal } = options
  checkExtractor(extractor)
  checkSignal(signal)
  for (const [name, value] of Object.entries({ size, count }))
    checkNumber(value, name, 'a whole number from 1', (one) => Number.isSafeInteger(one) && one >= 1)
  const photographs = checkedImages(images, 'image')
  const { bits } = extractor
  const answers = new Float64Array(bits * bits)
  for (let index = 0; index < Math.min(count, photographs.length); index++) {
    if (signal?.aborted) throw abortedError(signal, '')
    const image = await photographs.read(index, size)
    try {
      const products = await answersOf(extractor, image)
      let trace = 0
      for (let b = 0; b < bits; b++) trace += at(products, b * bits + b)
      if (!(trace > 0 && Number.isFinite(trace)))
        throw new StableSigError(
          'not-finite',
          `logits do not depend on image ${index} (from 0), or are not finite: take another image, or look at the extractor's weights`,
        )
      products.forEach((value, i) => {
        answers[i]! += value / trace
      })
    } finally {
      image.dispose()
    }
  }
  return { bits, matrix: inverted(answers, bits) }
}

/** J J^T of an image's logits, row-major [bits,bits], in double precision. */
async function answersOf(extractor: Extractor, image: UnitImages): Promise<Float64Array> {
  const { bits } = extractor
  const rows: Float32Array[] = []
  while (rows.length < bits) rows.push(...(await derivativesOf(extractor, image, rows.length)))
  const products = new Float64Array(bits * bits)
  for (let a = 0; a < bits; a++)
    for (let b = a; b < bits; b++) {
      const [one, other] = [at(rows, a), at(rows, b)]
      let product = 0
      for (let i = 0; i < one.length; i++) product += one[i]! * other[i]!
      products[a * bits + b] = product
      products[b * bits + a] = product
    }
  return products
}

/** The derivatives by an image of TOGETHER logits from `first` on, nothing for those beyond the last: always one and the same program. */
async function derivativesOf(extractor: Extractor, image: UnitImages, first: number): Promise<Float32Array[]> {
  const { bits } = extractor
  const each = Float32Array.from({ length: TOGETHER * bits }, (_, i) =>
    i % bits === first + Math.floor(i / bits) ? 1 : 0,
  )
  const chosen = asInput(tensor2d(each, [TOGETHER, bits]))
  const gradient = tidy(() => {
    const copies = asUnit(tile<Tensor4D>(image, [TOGETHER, 1, 1, 1]))
    const of = () => ({ loss: sum<Scalar>(mul(extractLogits(extractor, copies), chosen)), aux: {} })
    return valueAndGradients(of, { copies }).gradients.copies
  })
  chosen.dispose()
  if (!gradient) throw new RangeError('logits without a derivative by the image')
  const values = await gradient.data<'float32'>().finally(() => gradient.dispose())
  return Array.from({ length: TOGETHER }, (_, i) => values.subarray(i * image.size, (i + 1) * image.size))
}

/** The inverse of a symmetric matrix without negative eigenvalues, its trace 1. @throws StableSigError 'not-finite' */
function inverted(matrix: Float64Array, n: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n)
  const least = FLOOR * at(values, n - 1)
  const shares = values.map((value) => 1 / Math.max(value, least))
  const trace = shares.reduce((sum, share) => sum + share, 0)
  const inverse = new Float64Array(n * n)
  for (const [k, vector] of vectors.entries())
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) inverse[i * n + j]! += (at(shares, k) / trace) * at(vector, i) * at(vector, j)
  return inverse
}

/**
 * What a key asks of a picture, as a multiple of what random keys ask on average.
 * @throws StableSigError 'bad-key' for a key of another length
 */
export function keyEffort({ bits, matrix }: KeyEffort, key: Key): number {
  checkKey(key, bits, 'the extractor that was measured')
  const signs = Float64Array.from(keyBits(key), (bit) => 2 * bit - 1)
  let effort = 0
  for (let i = 0; i < bits; i++)
    for (let j = 0; j < bits; j++) effort += at(signs, i) * at(matrix, i * bits + j) * at(signs, j)
  return effort
}

export interface ChooseKeysOptions extends KeyEffortOptions {
  /** How many keys are wanted. Default 1. */
  readonly keys?: number | undefined
  /** Random keys that each of them is chosen among. Default 16. */
  readonly among?: number | undefined
  /** For reproducible experiments only: such keys are as easy to guess as their seed. */
  readonly seed?: string | number | undefined
}

/** A key, and what it asks of a picture: see `keyEffort`. */
export interface ChosenKey {
  readonly key: Key
  readonly effort: number
}

/**
 * Random keys that pictures carry more easily than others: each asks least among so many that are drawn for it. A false-positive rate is what it is
 * for any key; of a key's secrecy the choice takes log2(among) bits.
 * @throws StableSigError as `measureKeyEffort`
 */
export async function chooseKeys(options: ChooseKeysOptions): Promise<ChosenKey[]> {
  checkOptions(options, 'chooseKeys')
  const { keys = 1, among = 16, seed } = options
  for (const [name, value] of Object.entries({ keys, among }))
    checkNumber(value, name, 'a whole number from 1', (one) => Number.isSafeInteger(one) && one >= 1)
  const effort = await measureKeyEffort(options)
  const drawn = randomKeys(keys * among, effort.bits, seed === undefined ? {} : { seed })
  return Array.from({ length: keys }, (_, i) =>
    drawn
      .slice(i * among, (i + 1) * among)
      .map((key) => ({ key, effort: keyEffort(effort, key) }))
      .reduce((least, one) => (one.effort < least.effort ? one : least)),
  )
}
