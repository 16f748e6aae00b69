import { clone, type Tensor, tensor } from '@tensorflow/tfjs-core'
import { checkObject } from '../arguments.ts'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { markConstants } from '../ops/hints.ts'
import { checkExtractor } from './check-models.ts'
import type { Extractor } from './extractor.ts'

/** A linear layer on an extractor's features: z = W y + b, W row-major [bits,features], as training's `whiten` gives it. */
export interface WhiteningLayer {
  readonly weight: ArrayLike<number>
  readonly bias: ArrayLike<number>
}

/**
 * The extractor with a whitening layer in place of the one it has, if any; folded in double precision. The new one has
 * weights of its own to dispose.
 * @throws StableSigError 'shape' when the layer does not fit the extractor's features; 'bad-argument', 'disposed'
 */
export async function withWhitening(extractor: Extractor, layer: WhiteningLayer): Promise<Extractor> {
  checkExtractor(extractor)
  checkObject(layer, 'layer', 'a whitening layer, as whiten gives it', ['weight', 'bias'])
  const { weight, bias } = layer
  const plain = extractor.whitened ? 'features' : 'head'
  const linear = extractor.weights[`${plain}.weight`]
  const shift = extractor.weights[`${plain}.bias`]
  const [inputs = 0, features = 0] = linear?.shape ?? []
  const bits = bias.length
  if (!linear || !shift || weight.length !== bits * features)
    throw new StableSigError(
      'shape',
      `a whitening layer of ${weight.length} weights and ${bits} biases for ${features} features: expected bits x features`,
    )
  const [w, b] = await Promise.all([linear.data(), shift.data()])
  const headWeight = new Float32Array(inputs * bits)
  const headBias = new Float32Array(bits)
  for (let r = 0; r < bits; r++) {
    const row = Float64Array.from({ length: features }, (_, f) => at(weight, r * features + f))
    headBias[r] = row.reduce((sum, m, f) => sum + m * at(b, f), at(bias, r))
    for (let i = 0; i < inputs; i++)
      headWeight[i * bits + r] = row.reduce((sum, m, f) => sum + m * at(w, i * features + f), 0)
  }
  const head = headOf(headWeight, headBias)
  return withTensors(extractor, { ...head, 'features.weight': clone(linear), 'features.bias': clone(shift) }, bits)
}

/** The last layer's tensors: weight [inputs,bits] and bias [bits], row-major. */
export const headOf = (weight: Float32Array, bias: Float32Array): Readonly<Record<string, Tensor>> => ({
  'head.weight': tensor(weight, [weight.length / bias.length, bias.length], 'float32'),
  'head.bias': tensor(bias, [bias.length], 'float32'),
})

/** A whitened extractor with these tensors, which it takes over, in place of its own, and clones of the others. */
export function withTensors(
  extractor: Extractor,
  changed: Readonly<Record<string, Tensor>>,
  bits = extractor.bits,
): Extractor {
  const kept: Record<string, Tensor> = {}
  for (const [name, tensor] of Object.entries(extractor.weights)) if (!(name in changed)) kept[name] = clone(tensor)
  const weights = markConstants({ ...kept, ...changed })
  const dispose = () => {
    for (const tensor of Object.values(weights)) tensor.dispose()
  }
  return { ...extractor, bits, whitened: true, weights, dispose }
}
