import { clone, type Tensor, tensor } from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { markConstants } from '../ops/hints.ts'
import { checkExtractor } from './check-models.ts'
import type { Extractor } from './extractor.ts'
import type { WhiteningLayer } from './whitened.ts'

/**
 * The extractor with every bit an even mix of its logits: z' = R z, R the orthonormal cosines of `spreadLayer`. Where logits are white, mixed
 * ones are as white, so that p-values mean what they meant; but what images vary in most, which a signed decoder can hardly move, is then a
 * small part of every bit and not the whole of one or two, as it is after a principal whitening such as the published one. Keys that ask little of it
 * are there to be chosen then (`chooseKeys`). Keys of one extractor are not read by the other. The new one has weights of its own to dispose.
 * @throws StableSigError 'not-whitened' where logits are not white; 'bad-argument', 'disposed'
 */
export async function spreadBits(extractor: Extractor): Promise<Extractor> {
  checkExtractor(extractor)
  const { bits } = extractor
  const { 'head.weight': weight, 'head.bias': bias, ...others } = extractor.weights
  if (!extractor.whitened || !weight || !bias)
    throw new StableSigError(
      'not-whitened',
      'bits can be spread where they are white, and this extractor has no whitening layer: add one first (whiten)',
    )
  const [inputs = 0] = weight.shape
  const [columns, shifts] = await Promise.all([weight.data(), bias.data()])
  const rows = Float64Array.from({ length: bits * inputs }, (_, i) =>
    at(columns, (i % inputs) * bits + Math.floor(i / inputs)),
  )
  const mixed = spreadLayer({ weight: rows, bias: shifts })
  const head = Float32Array.from({ length: bits * inputs }, (_, i) =>
    at(mixed.weight, (i % bits) * inputs + Math.floor(i / bits)),
  )
  const kept: Record<string, Tensor> = {}
  for (const [name, tensor] of Object.entries(others)) kept[name] = clone(tensor)
  const weights = markConstants({
    ...kept,
    'head.weight': tensor(head, [inputs, bits], 'float32'),
    'head.bias': tensor(Float32Array.from(mixed.bias), [bits], 'float32'),
  })
  const dispose = () => {
    for (const tensor of Object.values(weights)) tensor.dispose()
  }
  return { ...extractor, weights, dispose }
}

/**
 * The bit that answers least to what its extractor sees, from the norms of its last layer's columns: what it has of the middle bit's norm.
 * The published extractor's last bit has a quarter, and a signed decoder hardly moves it.
 */
export async function weakestBit(extractor: Extractor): Promise<{ readonly bit: number; readonly share: number }> {
  checkExtractor(extractor)
  const { bits, weights } = extractor
  const values = (await weights['head.weight']?.data()) ?? new Float32Array()
  const norms = new Float64Array(bits)
  for (let i = 0; i < values.length; i++) norms[i % bits]! += at(values, i) ** 2
  const middle = at(norms.toSorted(), Math.floor(bits / 2))
  const least = Math.min(...norms)
  return { bit: norms.indexOf(least), share: Math.sqrt(least / middle) }
}

/**
 * A layer's rows mixed evenly: R W and R b with R the orthonormal cosines of the second kind,
 *   R[r,k] = √(c/n) cos(π (2r + 1) k / 2n),  c = 1 for k = 0 and 2 for others;
 * no entry is above √(2/n), so that every row has its small part of each.
 */
export function spreadLayer({ weight, bias }: WhiteningLayer): {
  readonly weight: Float64Array
  readonly bias: Float64Array
} {
  const n = bias.length
  const inputs = weight.length / n
  const mixed = { weight: new Float64Array(weight.length), bias: new Float64Array(n) }
  for (let r = 0; r < n; r++)
    for (let k = 0; k < n; k++) {
      const share = Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI * (2 * r + 1) * k) / (2 * n))
      mixed.bias[r]! += share * at(bias, k)
      for (let i = 0; i < inputs; i++) mixed.weight[r * inputs + i]! += share * at(weight, k * inputs + i)
    }
  return mixed
}
