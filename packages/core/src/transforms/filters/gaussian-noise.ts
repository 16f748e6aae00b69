import { add, clipByValue, mul, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { checkNumber } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { changingInput } from '../../ops/hints.ts'
import { normal } from '../../ops/normal.ts'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'

export interface GaussianNoiseOptions {
  /** Standard deviation on [0, 1] images, from 0. */
  readonly sigma: number
  /** Standard normal values of the images' shape, or the seed that they are drawn from. Default 0. */
  readonly noise?: Tensor4D | number
}

/**
 * Images [N,H,W,3] with independent noise: clamp(x + sigma·noise, 0, 1).
 * @throws StableSigError 'bad-argument'; 'shape' for noise of another shape
 */
export function gaussianNoise(images: UnitImages, { sigma, noise = 0 }: GaussianNoiseOptions): UnitImages {
  checkImages(images, 'gaussianNoise')
  checkNumber(sigma, 'sigma of gaussianNoise', 'a number from 0', (value) => value >= 0 && Number.isFinite(value))
  if (typeof noise !== 'number' && noise.shape.join() !== images.shape.join())
    throw new StableSigError('shape', `gaussianNoise: noise has shape [${noise.shape}], the images [${images.shape}]`)
  return tidy(() => {
    const drawn = typeof noise === 'number' ? normal(images.shape, `noise/${noise}`) : noise
    return clipByValue(add<Tensor4D>(images, mul(drawn, changingInput(sigma))), 0, 1)
  }) as UnitImages
}
