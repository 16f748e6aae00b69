import { tensor4d } from '@tensorflow/tfjs-core'
import seedrandom from 'seedrandom'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import type { PixelImage } from '../signal/pixel-image.ts'
import { batchOrder } from '../training/order.ts'
import type { PixelSet } from './pixel-set.ts'
import { resample } from './resample.ts'

export interface CropOptions {
  readonly pictures: PixelSet
  readonly seed: number
  readonly batchSize: number
  /** Side of a crop in pixels. */
  readonly size: number
  /** How much larger a window of the picture may be than the crop that is made of it. */
  readonly maxReduction: number
  /** Whether colours and brightness of half the crops are changed. Default true. */
  readonly recoloured?: boolean
}

/** The crops of a step as values, so that they can be made while an engine computes. */
export interface Crops {
  /** [batchSize, size, size, 3], each in [0, 1]. */
  readonly values: Float32Array
  readonly shape: [number, number, number, number]
}

/**
 * The crops of a step: of every picture once before any is seen again a window of random place and size, half of them mirrored,
 * half with their channels in another order, all a little brighter or darker. They depend on the seed and the step's number
 * alone, so that a run that is resumed sees what it would have seen.
 * @returns a function of the step, from 0
 * @throws StableSigError 'bad-image' where a picture is smaller than a crop
 */
export function cropSource({ pictures, seed, batchSize, size, maxReduction, recoloured = true }: CropOptions) {
  const order = batchOrder(`crops/${seed}`, pictures.length, batchSize)
  return async (step: number): Promise<Crops> => {
    const random = seedrandom(`crops/${seed}/${step}`)
    const each = size * size * 3
    const values = new Float32Array(batchSize * each)
    for (const [i, index] of order(step).entries()) {
      const picture = await pictures.read(index)
      values.set(drawCrop(picture, index, { size, maxReduction, recoloured }, random), i * each)
    }
    return { values, shape: [batchSize, size, size, 3] }
  }
}

export const cropTensor = ({ values, shape }: Crops): UnitImages => asUnit(tensor4d(values, shape))

/** How much brighter or darker a crop is made at most. */
const GAIN = 0.2

/** The orders that three channels can have. */
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const

function drawCrop(
  picture: PixelImage,
  index: number,
  { size, maxReduction, recoloured }: Required<Pick<CropOptions, 'size' | 'maxReduction' | 'recoloured'>>,
  random: () => number,
): Float32Array {
  const { width, height } = picture
  const shorter = Math.min(width, height)
  if (shorter < size)
    throw new StableSigError(
      'bad-image',
      `picture ${index} has ${width}x${height} pixels, expected at least ${size} on each side: leave it out or enlarge it`,
    )
  // Every scale alike: the logarithm of the reduction is uniform.
  const side = Math.round(size * Math.min(maxReduction, shorter / size) ** random())
  const left = Math.floor(random() * (width - side + 1))
  const top = Math.floor(random() * (height - side + 1))
  const crop = resample(picture, { left, top, side }, size, random() < 0.5)
  if (!recoloured) return crop.map((value) => Math.min(1, value / 255))
  const order = ORDERS[random() < 0.5 ? 0 : Math.floor(random() * ORDERS.length)] ?? ORDERS[0]
  const gain = (1 + GAIN * (2 * random() - 1)) / 255
  return crop.map((_, i) => {
    const channel = i % 3
    return Math.min(1, gain * at(crop, i - channel + at(order, channel)))
  })
}
