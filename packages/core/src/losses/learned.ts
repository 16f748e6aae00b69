import type { StateDict } from '@stablesig/weights'
import { dispose } from '@tensorflow/tfjs-core'
import { checkObject, checkOneOf } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { ImageLoss } from './image.ts'
import { lpipsLoss, watsonDctLoss, watsonDftLoss, watsonVggLoss } from './named.ts'
import { VGG_GROUPS, type VggWeights } from './vgg/features.ts'
import type { LpipsHeads } from './vgg/lpips.ts'
import { readLpipsHeads, readVgg, readWatsonVgg } from './vgg/read.ts'
import { readWatsonDct, readWatsonDft } from './watson/read.ts'

/** Image losses with learned parameters, and what each is read from: a file for each, in this order. */
export const LEARNED_LOSSES = {
  'watson-dft': ['its parameters'],
  'watson-dft-code': ['its parameters'],
  'watson-dct': ['its parameters'],
  'watson-vgg': ['a VGG-16', 'its parameters'],
  lpips: ['a VGG-16', 'its heads'],
} as const

export type LearnedLossName = keyof typeof LEARNED_LOSSES

/** An image loss that may hold tensors of its own. */
export interface LearnedLoss extends ImageLoss {
  /** Frees what it has learned. */
  dispose(): void
}

/**
 * An image loss with learned parameters, from the files that LEARNED_LOSSES names for it.
 * @throws StableSigError 'bad-argument' for a name that there is not, or another number of files; 'bad-weights', 'not-finite'
 */
export async function readLearnedLoss(name: LearnedLossName, states: readonly StateDict[]): Promise<LearnedLoss> {
  checkOneOf(name, 'name', Object.keys(LEARNED_LOSSES))
  checkObject(states, 'states', 'an array of what weights files hold', ['length'])
  const wanted = LEARNED_LOSSES[name]
  const [first, second] = states
  if (!first || states.length !== wanted.length)
    throw new StableSigError(
      'bad-argument',
      `${name} is read from ${wanted.length} of what weights files hold (${wanted.join(', then ')}), found ${states.length}`,
    )
  switch (name) {
    case 'watson-dft':
      return holding(watsonDftLoss(await readWatsonDft(first)))
    case 'watson-dft-code':
      return holding(watsonDftLoss(await readWatsonDft(first), 'code'))
    case 'watson-dct':
      return holding(watsonDctLoss(await readWatsonDct(first)))
    default:
      return overVgg(name, await readVgg(first), second ?? first)
  }
}

/** Those that compare what a VGG-16 sees, which is disposed where the rest cannot be read. */
async function overVgg(name: 'watson-vgg' | 'lpips', vgg: VggWeights, rest: StateDict): Promise<LearnedLoss> {
  try {
    if (name === 'watson-vgg') return holding(watsonVggLoss(vgg, await readWatsonVgg(rest, widthsOf(vgg))), vgg)
    const heads = await readLpipsHeads(rest)
    return holding(lpipsLoss(vgg, heads), vgg, heads)
  } catch (error) {
    dispose({ ...vgg })
    throw error
  }
}

const holding = (loss: ImageLoss, ...held: readonly (VggWeights | LpipsHeads)[]): LearnedLoss => ({
  ...loss,
  dispose() {
    for (const tensors of held) dispose({ ...tensors })
  },
})

/** Of the backbone's five groups. */
const widthsOf = (vgg: VggWeights): number[] => VGG_GROUPS.map((places) => vgg[`${places.at(-1)}.bias`]?.size ?? 0)
