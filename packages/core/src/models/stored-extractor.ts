import { type TensorData, tensorData } from '@stablesig/weights'
import type { Tensor } from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { checkExtractor } from './check-models.ts'
import type { Extractor } from './extractor.ts'
import { NORM_EPSILON } from './fold.ts'
import { blockName } from './hidden/plan.ts'
import { torchTensor } from './layout.ts'

/**
 * An extractor as a file of its architecture has it, in float32: what was folded into convolutions stays there, beside norms that change
 * nothing, and all that follows pooling is one linear layer. `loadExtractor` reads the very same weights from it.
 * @throws StableSigError 'unsupported' for a HiDDeN extractor whose bits are sums of several channels; 'bad-argument', 'disposed'
 */
export async function storedExtractor(extractor: Extractor): Promise<Record<string, TensorData>> {
  checkExtractor(extractor)
  const { weights, network, bits } = extractor
  const light = network.architecture === 'light'
  const [channels] = weights['head.weight']?.shape ?? []
  if (!light && channels !== bits)
    throw new StableSigError(
      'unsupported',
      `a HiDDeN extractor of ${bits} bits from ${channels} channels has no file of its own: a linear layer in it is square`,
    )
  const file: Record<string, TensorData> = {}
  for (const [name, tensor] of Object.entries(weights)) {
    if (!name.endsWith('.weight') || tensor.rank !== 4) continue
    const layer = name.slice(0, -'.weight'.length)
    const block = blockName(Number(layer.replace('conv', '')))
    const names = light ? { conv: layer, norm: `${layer}.norm` } : { conv: `${block}.0`, norm: `${block}.1` }
    const bias = await stored(weights[`${layer}.bias`])
    const same = (value: number) => tensorData(new Float32Array(at(bias.shape, 0)).fill(value), bias.shape)
    file[`${names.conv}.weight`] = await stored(tensor)
    if (!light) file[`${names.conv}.bias`] = same(0)
    file[`${names.norm}.weight`] = same(1)
    file[`${names.norm}.bias`] = bias
    file[`${names.norm}.running_mean`] = same(0)
    file[`${names.norm}.running_var`] = same(1 - NORM_EPSILON)
  }
  const linear = light ? 'head' : 'linear'
  file[`${linear}.weight`] = await stored(weights['head.weight'])
  file[`${linear}.bias`] = await stored(weights['head.bias'])
  return file
}

async function stored(tensor: Tensor | undefined): Promise<TensorData> {
  if (!tensor) throw new StableSigError('bad-argument', 'the extractor lacks a tensor of its architecture')
  return torchTensor(await tensor.data<'float32'>(), tensor.shape)
}
