import { add, clipByValue, mul, sign, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { checkNumber, checkOptions } from '../../arguments.ts'
import { normal } from '../../ops/normal.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import { checkImages } from '../../transforms/check.ts'
import { checkLevels } from './perturb.ts'

export interface RandomPerturbationOptions {
  /** Change of every value, in levels of 8 bits. A whole number from 1 to 255. */
  readonly maxLevels: number
  /** Default 0. */
  readonly seed?: number | undefined
}

/**
 * Images in which each value moves by `maxLevels` up or down, drawn by seed, and is clamped to [0, 1]: what an attacker without any
 * gradient does with the budget of `perturbTowards`, and so the measure of what a gradient is worth.
 * @param images [N,H,W,3] in [0, 1]
 * @returns new images, which the caller disposes
 * @throws StableSigError 'bad-argument', 'shape'
 */
export function randomPerturbation(images: UnitImages, options: RandomPerturbationOptions): UnitImages {
  checkImages(images, 'randomPerturbation')
  checkOptions(options, 'randomPerturbation')
  const { maxLevels, seed = 0 } = options
  checkLevels(maxLevels)
  checkNumber(seed, 'seed', 'a number', Number.isFinite)
  return tidy(() => {
    const direction = sign(normal((images as Tensor4D).shape, seed))
    return asUnit(clipByValue(add<Tensor4D>(images, mul(direction, maxLevels / 255)), 0, 1))
  })
}
