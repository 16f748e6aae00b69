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
import { type ImageLossOptions, LEARNED_LOSSES, LEARNED_NAMES, type LearnedLoss } from './options/image-loss.ts'

/** @throws UsageError where the loss needs other files than are given; StableSigError where one cannot be found */
export async function checkImageLoss({ imageLoss, lossWeights = [] }: ImageLossOptions): Promise<void> {
  const name = LEARNED_NAMES.find((one) => one === imageLoss)
  const wanted = name ? LEARNED_LOSSES[name] : []
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
  name: LearnedLoss,
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
