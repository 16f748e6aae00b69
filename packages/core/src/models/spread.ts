import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { checkExtractor } from './check-models.ts'
import type { Extractor } from './extractor.ts'
import { headOf, type WhiteningLayer, withTensors } from './whitened.ts'

/**
 * The extractor with every bit an even mix of its logits: z' = R z, R the orthonormal cosines of `evenMix`. Where logits are white, mixed
 * ones are as white, so that p-values mean what they meant; but what images vary in most, which a signed decoder can hardly move, is then a
 * small part of every bit and not the whole of one or two, as it is after a principal whitening such as the published one. Keys that ask little of it
 * are there to be chosen then (`chooseKeys`). Keys of one extractor are not read by the other. The new one has weights of its own to dispose.
 * @throws StableSigError 'not-whitened' where logits are not white; 'bad-argument', 'disposed'
 */
export async function spreadBits(extractor: Extractor): Promise<Extractor> {
  checkExtractor(extractor)
  const { bits, weights } = extractor
  const { 'head.weight': weight, 'head.bias': bias } = weights
  if (!extractor.whitened || !weight || !bias)
    throw new StableSigError(
      'not-whitened',
      'bits can be spread where they are white, and this extractor has no whitening layer: add one first (whiten)',
    )
  const [values, shifts] = await Promise.all([weight.data<'float32'>(), bias.data<'float32'>()])
  // tfjs' order: what each input gives to all bits lies together.
  const mixed = new Float32Array(values.length)
  for (let i = 0; i < values.length; i += bits) mixed.set(evenMix(values.subarray(i, i + bits)), i)
  return withTensors(extractor, headOf(mixed, Float32Array.from(evenMix(shifts))))
}

/**
 * The bit that answers least to what its extractor sees, from the norms of its last layer's columns: what it has of the middle bit's norm.
 * The published extractor's last bit has a quarter, and a signed decoder hardly moves it.
 */
export async function weakestBit(extractor: Extractor): Promise<{ readonly bit: number; readonly share: number }> {
  checkExtractor(extractor)
  const { bits, weights } = extractor
  const values = (await weights['head.weight']?.data()) ?? new Float32Array()
  return weakestOf(values, bits, (i) => i % bits)
}

/** The same of a whitening layer alone. */
export const weakestBitOfLayer = ({ weight, bias }: WhiteningLayer): { readonly bit: number; readonly share: number } =>
  weakestOf(weight, bias.length, (i) => Math.floor((i * bias.length) / weight.length))

function weakestOf(weights: ArrayLike<number>, bits: number, bitOf: (i: number) => number) {
  const norms = new Float64Array(bits)
  for (let i = 0; i < weights.length; i++) norms[bitOf(i)]! += at(weights, i) ** 2
  const middle = at(norms.toSorted(), Math.floor(bits / 2))
  const least = Math.min(...norms)
  return { bit: norms.indexOf(least), share: Math.sqrt(least / middle) }
}

/** A layer's rows mixed evenly: R W and R b, R as `evenMix` has it. */
export function spreadLayer({ weight, bias }: WhiteningLayer): {
  readonly weight: Float64Array
  readonly bias: Float64Array
} {
  const inputs = weight.length / bias.length
  const mixed = new Float64Array(weight.length)
  for (let i = 0; i < inputs; i++) {
    const column = Float64Array.from(bias, (_, k) => at(weight, k * inputs + i))
    evenMix(column).forEach((value, r) => {
      mixed[r * inputs + i] = value
    })
  }
  return { weight: mixed, bias: evenMix(bias) }
}

/**
 * R z with R the orthonormal cosines of the second kind,
 *   R[r,k] = √(c/n) cos(π (2r + 1) k / 2n),  c = 1 for k = 0 and 2 for others;
 * no entry is above √(2/n), so that every result has its small part of each.
 */
function evenMix(z: ArrayLike<number>): Float64Array {
  const n = z.length
  return Float64Array.from({ length: n }, (_, r) => {
    let sum = 0
    for (let k = 0; k < n; k++)
      sum += Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI * (2 * r + 1) * k) / (2 * n)) * at(z, k)
    return sum
  })
}
