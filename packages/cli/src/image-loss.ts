import { stat } from 'node:fs/promises'
import { cannotRead, sha256File, withWeights } from '@stablesig/backend-node'
import {
  IMAGE_LOSSES,
  type ImageLoss,
  type ImageLossName,
  lpipsLoss,
  readLpipsHeads,
  readVgg,
  readWatsonDct,
  readWatsonDft,
  readWatsonVgg,
  VGG_GROUPS,
  type VggWeights,
  watsonDctLoss,
  watsonDftLoss,
  watsonVggLoss,
} from '@stablesig/core/losses'
import { dispose, type TensorContainer } from '@tensorflow/tfjs-core'
import type { Own } from './disposal.ts'
import { UsageError } from './exit.ts'
import type { Options, OptionsOf } from './options/description.ts'

/** Image losses with learned parameters, and what their files hold, in the order in which they are named. */
const LEARNED = {
  'watson-dft': ['its parameters'],
  'watson-dft-code': ['its parameters'],
  'watson-dct': ['its parameters'],
  'watson-vgg': ['a VGG-16', 'its parameters'],
  lpips: ['a VGG-16', 'its heads'],
} as const

type LearnedName = keyof typeof LEARNED
const LEARNED_NAMES: readonly LearnedName[] = ['watson-dft', 'watson-dft-code', 'watson-dct', 'watson-vgg', 'lpips']

/** @param standard what is taken where none is named */
export const imageLossOptions = (standard: string) =>
  ({
    imageLoss: {
      value: '<name>',
      help: `what keeps images as they were (default: ${standard}); masked lets texture change more than smooth areas`,
      choices: [...IMAGE_LOSSES, ...LEARNED_NAMES],
    },
    lossWeights: {
      value: '<files...>',
      help: 'what the image loss has learned: the public file of watson-dft, watson-dft-code (as its authors’ code computes it) or watson-dct; a VGG-16 and then the public file of watson-vgg or lpips',
    },
  }) as const satisfies Options

export type ImageLossOptions = OptionsOf<ReturnType<typeof imageLossOptions>>

/** @throws UsageError where the loss needs other files than are given; StableSigError where one cannot be found */
export async function checkImageLoss({ imageLoss, lossWeights = [] }: ImageLossOptions): Promise<void> {
  const name = LEARNED_NAMES.find((one) => one === imageLoss)
  const wanted = name ? LEARNED[name] : []
  for (const path of lossWeights) await stat(path).catch(cannotRead(path))
  if (wanted.length === lossWeights.length) return
  throw new UsageError(
    wanted.length === 0
      ? `--loss-weights belongs to an --image-loss that has learned some: ${LEARNED_NAMES.join(', ')}`
      : `--image-loss ${imageLoss} needs --loss-weights with ${wanted.length === 1 ? 'one file' : `${wanted.length} files`}: ${wanted.join(', then ')}; found ${lossWeights.length}`,
  )
}

/**
 * The image loss that is asked for; undefined where none is.
 * @param own remembers what is to be disposed
 * @throws StableSigError 'bad-weights' and what reading weights throws
 */
export async function imageLossAt(
  { imageLoss, lossWeights = [] }: ImageLossOptions,
  own: Own,
): Promise<ImageLoss | ImageLossName | undefined> {
  const name = LEARNED_NAMES.find((one) => one === imageLoss)
  if (!name) return IMAGE_LOSSES.find((one) => one === imageLoss)
  const hashes = await Promise.all(lossWeights.map(sha256File))
  return { ...(await learnedLoss(name, lossWeights, own)), fingerprint: [name, ...hashes].join(' ') }
}

async function learnedLoss(
  name: LearnedName,
  [first = '', second = '']: readonly string[],
  own: Own,
): Promise<ImageLoss> {
  const held = <T extends TensorContainer>(tensors: T): T => {
    own({ dispose: () => dispose(tensors) })
    return tensors
  }
  switch (name) {
    case 'watson-dft':
      return watsonDftLoss(await withWeights(first, readWatsonDft))
    case 'watson-dft-code':
      return watsonDftLoss(await withWeights(first, readWatsonDft), 'code')
    case 'watson-dct':
      return watsonDctLoss(await withWeights(first, readWatsonDct))
    case 'watson-vgg': {
      const vgg = held(await withWeights(first, readVgg))
      return watsonVggLoss(vgg, await withWeights(second, (state) => readWatsonVgg(state, widthsOf(vgg))))
    }
    case 'lpips': {
      const vgg = held(await withWeights(first, readVgg))
      return lpipsLoss(vgg, held(await withWeights(second, readLpipsHeads)))
    }
  }
}

/** Of the backbone's five groups. */
const widthsOf = (vgg: VggWeights): number[] => VGG_GROUPS.map((places) => vgg[`${places.at(-1)}.bias`]?.size ?? 0)
