import { type Tensor1D, tidy } from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { mseOfImages } from '../metrics/mse-of-images.ts'
import { readTogether } from '../ops/hints.ts'
import { LUMINANCE, type UnitImages } from '../signal/images.ts'
import { type ReconstructOptions, type Reconstructs, reconstruct } from './reconstruct.ts'

/** How much an image changes the first and the second time that it passes an autoencoder. */
export interface TwoPass {
  /** Mean squared error of R(x) to x. */
  readonly first: number
  /** Of R(R(x)) to R(x). */
  readonly second: number
  /** first / second: about 1 for what the decoder made, whose latent is hardly changed by the first pass. */
  readonly ratio: number
}

/**
 * AEDR's statistic, arXiv 2507.18988.
 * @param images [N,H,W,3] on the grid
 * @returns one of each image
 */
export async function twoPass(
  autoencoder: Reconstructs,
  images: UnitImages,
  options?: ReconstructOptions,
): Promise<TwoPass[]> {
  const errors = tidy((): Tensor1D[] => {
    const once = reconstruct(autoencoder, images, options)
    const twice = reconstruct(autoencoder, once, options)
    return [mseOfImages(once, images), mseOfImages(twice, once)]
  })
  const [firsts = [], seconds = []] = await readTogether(errors)
  return firsts.map((first, i) => ({ first, second: at(seconds, i), ratio: first / at(seconds, i) }))
}

/** Which weight co-occurring grey levels i and j have: 1/(1+(i-j)²), as AEDR's code has it, or 1/(1+|i-j|), as its paper. */
export type Homogeneity = 'squared' | 'absolute'

/** Levels of grey that are one in the table of co-occurrences. */
const LEVELS_TOGETHER = 8

/**
 * How smooth a picture is, (0, 1]: the mean weight of horizontal neighbours in a table of grey levels, which has floor(grey/8) of
 * 8-bit grey; both orders of a pair weigh the same, so each is counted once.
 * @param bytes 8-bit RGB, row by row
 * @param width pixels of a row, at least 2
 */
export function homogeneity(bytes: Uint8Array, width: number, kind: Homogeneity): number {
  const levels = greyLevels(bytes)
  let [sum, pairs] = [0, 0]
  for (let i = 1; i < levels.length; i++) {
    if (i % width === 0) continue
    const distance = Math.abs(at(levels, i) - at(levels, i - 1))
    sum += 1 / (1 + (kind === 'squared' ? distance ** 2 : distance))
    pairs++
  }
  return sum / pairs
}

function greyLevels(bytes: Uint8Array): Uint8Array {
  const [red, green, blue] = LUMINANCE as readonly [number, number, number]
  return Uint8Array.from({ length: bytes.length / 3 }, (_, i) => {
    const grey = red * at(bytes, 3 * i) + green * at(bytes, 3 * i + 1) + blue * at(bytes, 3 * i + 2)
    return Math.floor(Math.round(grey) / LEVELS_TOGETHER)
  })
}
