import {
  add,
  clipByValue,
  exp,
  mul,
  slice,
  square,
  sub,
  sum,
  type Tensor1D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'
import type { UnitImages } from '../../signal/images.ts'
import type { LatentEncoder } from './autoencoder.ts'

/** What a KL encoder says of an image: independent normal distributions, one for each number of its latent, each [N,h,w,C]. */
export interface LatentDistribution {
  /** The mode as well. */
  readonly mean: Tensor4D
  /** Logarithm of the variance, in [-30, 20]. */
  readonly logvar: Tensor4D
}

/** Logarithms of variances are held to these, as in LDM. */
const [LEAST, MOST] = [-30, 20]

/** Moments [N,h,w,2C] as a KL encoder gives them, means before logarithms of variances -> the distribution. */
export function gaussian(moments: Tensor4D): LatentDistribution {
  if (moments.shape[3] % 2)
    throw new StableSigError(
      'shape',
      `moments have shape [${moments.shape}]: their channels are means and as many variances`,
    )
  return tidy(() => {
    const half = moments.shape[3] / 2
    const mean = slice(moments, [0, 0, 0, 0], [-1, -1, -1, half])
    const logvar = clipByValue(slice(moments, [0, 0, 0, half], [-1, -1, -1, half]), LEAST, MOST)
    return { mean, logvar }
  })
}

/**
 * Where in latent space an image lies: images [N,H,W,3] in [0, 1] -> means and logarithms of variances, each [N,h,w,C].
 * @throws StableSigError 'unsupported' for encoders of other families, whose latents are no distributions
 */
export function encodeDistribution(
  { encoder }: { readonly encoder: LatentEncoder },
  images: UnitImages,
): LatentDistribution {
  const { moments } = encoder
  if (!moments)
    throw new StableSigError(
      'unsupported',
      `an encoder of the ${encoder.family} family gives a latent, not a distribution`,
    )
  return tidy(() => {
    const { mean, logvar } = gaussian(moments(encoder.weights, images))
    return { mean, logvar }
  })
}

/** One of the latents that an image may have: mean + exp(logvar / 2)·noise. @param noise [N,h,w,C], standard normal */
export function sampleLatents({ mean, logvar }: LatentDistribution, noise: Tensor4D): Tensor4D {
  if (noise.shape.join() !== mean.shape.join())
    throw new StableSigError('shape', `noise has shape [${noise.shape}], latents [${mean.shape}]`)
  return tidy(() => add(mean, mul(deviation(logvar), noise)))
}

/** Standard deviations [N,h,w,C]. */
export const deviation = (logvar: Tensor4D): Tensor4D => tidy(() => exp(mul(logvar, 0.5)))

/** Kullback-Leibler divergence from the standard normal, summed over an image's latent: ½ Σ (mean² + σ² - 1 - log σ²), [N]. */
export function klDivergence({ mean, logvar }: LatentDistribution): Tensor1D {
  return tidy(() => {
    const each = sub(add(square(mean), exp(logvar)), add(logvar, 1))
    return mul<Tensor1D>(sum(each, [1, 2, 3]), 0.5)
  })
}
