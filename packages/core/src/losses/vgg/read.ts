import type { StateDict } from '@stablesig/weights'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { dispose } from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'
import { readFinite, toTfjs } from '../../models/read.ts'
import { markConstant } from '../../ops/hints.ts'
import { parameter, parameterValues, sigmoidOf } from '../read-parameters.ts'
import { VGG_GROUPS, type VggWeights } from './features.ts'
import type { LpipsHeads } from './lpips.ts'
import type { WatsonVgg } from './watson-vgg.ts'

/** A tensor's names in the files that have a VGG-16: torchvision's own, and that of Watson-VGG. */
const namesOf = (group: number, place: number, part: string): readonly string[] => [
  `features.${place}.${part}`,
  `vgg.slice${group + 1}.${place}.${part}`,
  `${place}.${part}`,
]

/**
 * A VGG-16 backbone from a checkpoint of torchvision's vgg16, or from one of Watson-VGG. This library ships none: get
 * torchvision's weights, or train your own.
 * @throws StableSigError 'bad-weights' naming the tensor that is missing or does not fit the one before, 'not-finite'
 */
export async function readVgg(state: StateDict): Promise<VggWeights> {
  const made: Record<string, Tensor> = {}
  let channels = 3
  try {
    for (const [group, places] of VGG_GROUPS.entries())
      for (const place of places) {
        const weight = find(state, namesOf(group, place, 'weight'))
        const [out = 0, into = 0, height = 0, width = 0] = weight.shape
        if (weight.shape.length !== 4 || into !== channels || height !== 3 || width !== 3)
          throw misfit(state, `${place}.weight`, weight.shape, `[width, ${channels}, 3, 3]`)
        const bias = find(state, namesOf(group, place, 'bias'))
        if (bias.shape.join() !== String(out)) throw misfit(state, `${place}.bias`, bias.shape, `[${out}]`)
        for (const [part, stored] of Object.entries({ weight, bias }))
          made[`${place}.${part}`] = markConstant(
            toTfjs(await readFinite(state.source, `${place}.${part}`, stored), stored.shape),
          )
        channels = out
      }
    return made
  } catch (error) {
    dispose(made)
    throw error
  }
}

/** LPIPS' heads over VGG-16 from its public file (lpips v0.1, vgg.pth). @throws StableSigError as readVgg */
export async function readLpipsHeads(state: StateDict): Promise<LpipsHeads> {
  const heads: Tensor4D[] = []
  try {
    for (const layer of VGG_GROUPS.keys()) {
      const name = `lin${layer}.model.1.weight`
      const stored = find(state, [name])
      const [one, , height, width] = stored.shape
      if (stored.shape.length !== 4 || one !== 1 || height !== 1 || width !== 1)
        throw misfit(state, name, stored.shape, '[1, channels, 1, 1]')
      heads.push(markConstant(toTfjs(await readFinite(state.source, name, stored), stored.shape)) as Tensor4D)
    }
    return heads
  } catch (error) {
    dispose(heads)
    throw error
  }
}

/** What Watson-VGG has learned, from its public file; `widths` are those of the backbone's five groups. */
export async function readWatsonVgg(state: StateDict, widths: readonly number[], prefix = ''): Promise<WatsonVgg> {
  const layers: WatsonVgg['layers'][number][] = []
  for (const [layer, width] of widths.entries())
    layers.push({
      thresholds: Array.from(await parameterValues(state, `${prefix}t${layer}_tild`, width), Math.exp),
      contrast: sigmoidOf(await parameter(state, `${prefix}w${layer}_tild`)),
    })
  return { layers, beta: await parameter(state, `${prefix}beta`) }
}

function find(state: StateDict, names: readonly string[]) {
  for (const name of names) {
    const stored = state.tensors.get(name)
    if (stored) return stored
  }
  throw new StableSigError(
    'bad-weights',
    `${state.source}: no tensor named ${names.join(' or ')}: it is not a VGG-16, or not that part of it`,
  )
}

const misfit = (state: StateDict, name: string, found: readonly number[], expected: string): StableSigError =>
  new StableSigError('bad-weights', `${state.source}: ${name} has shape [${found.join(', ')}], expected ${expected}`)
