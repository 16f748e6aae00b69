import { type TensorData, tensorData } from '@stablesig/weights'
import type { Tensor } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { checkExtractor } from './check-models.ts'
import type { Extractor } from './extractor.ts'
import { NORM_EPSILON } from './fold.ts'
import { blockName } from './hidden/plan.ts'
import { oihw } from './layout.ts'

/**
 * An extractor as a file of its architecture has it, in float32: what was folded into convolutions stays there, beside norms that change
 * nothing, and all that follows pooling is one linear layer. `loadExtractor` reads the very same weights from it.
 * @throws StableSigError 'unsupported' for a HiDDeN extractor whose linear layer such a file cannot hold; 'bad-argument', 'disposed'
 */
export async function storedExtractor(extractor: Extractor): Promise<Record<string, TensorData>> {
  checkExtractor(extractor)
  const { weights, network, bits } = extractor
  const light = network.architecture === 'light'
  const stored: Record<string, TensorData> = {}
  for (const [name, tensor] of Object.entries(weights)) {
    if (!name.endsWith('.weight') || tensor.rank !== 4) continue
    const layer = name.slice(0, -'.weight'.length)
    const block = blockName(Number(layer.replace('conv', '')))
    const names = light ? { conv: layer, norm: `${layer}.norm` } : { conv: `${block}.0`, norm: `${block}.1` }
    const [height = 0, width = 0, inputs = 0, outputs = 0] = tensor.shape
    const same = (value: number) => tensorData(new Float32Array(outputs).fill(value), [outputs])
    const bias = await valuesOf(weights[`${layer}.bias`])
    stored[`${names.conv}.weight`] = tensorData(oihw(await valuesOf(tensor), tensor.shape), [
      outputs,
      inputs,
      height,
      width,
    ])
    if (!light) stored[`${names.conv}.bias`] = same(0)
    stored[`${names.norm}.weight`] = same(1)
    stored[`${names.norm}.bias`] = tensorData(bias, [outputs])
    stored[`${names.norm}.running_mean`] = same(0)
    stored[`${names.norm}.running_var`] = same(1 - NORM_EPSILON)
  }
  const [inputs = 0] = weights['head.weight']?.shape ?? []
  // HiDDeN's linear layer is square, and bits are sums of neighbouring outputs: the others of each sum are 0.
  const redundancy = light ? 1 : inputs / bits
  if (!Number.isInteger(redundancy))
    throw new StableSigError(
      'unsupported',
      `${inputs} channels cannot be stored as ${bits} sums of a HiDDeN extractor's outputs`,
    )
  const [w, b] = [await valuesOf(weights['head.weight']), await valuesOf(weights['head.bias'])]
  const weight = new Float32Array(bits * redundancy * inputs)
  const bias = new Float32Array(bits * redundancy)
  for (let r = 0; r < bits; r++) {
    bias[r * redundancy] = b[r]!
    for (let i = 0; i < inputs; i++) weight[r * redundancy * inputs + i] = w[i * bits + r]!
  }
  const linear = light ? 'head' : 'linear'
  stored[`${linear}.weight`] = tensorData(weight, [bits * redundancy, inputs])
  stored[`${linear}.bias`] = tensorData(bias, [bits * redundancy])
  return stored
}

async function valuesOf(tensor: Tensor | undefined): Promise<Float32Array> {
  if (!tensor) throw new StableSigError('bad-argument', 'the extractor lacks a tensor of its architecture')
  return tensor.data<'float32'>()
}
