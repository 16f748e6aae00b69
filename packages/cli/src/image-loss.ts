import { stat } from 'node:fs/promises'
import { cannotRead, openLearnedLoss } from '@stablesig/backend-node'
import { IMAGE_LOSSES, type ImageLoss, type ImageLossName, LEARNED_LOSSES } from '@stablesig/core/losses'
import type { Own } from './disposal.ts'
import { UsageError } from './exit.ts'
import { type ImageLossOptions, LEARNED_NAMES } from './options/image-loss.ts'

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
  return name ? own(await openLearnedLoss(name, lossWeights)) : IMAGE_LOSSES.find((one) => one === imageLoss)
}
