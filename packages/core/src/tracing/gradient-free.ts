import { add, mul, sub, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { decode, encode } from '../inference/graphs.ts'
import { mseOfImages } from '../metrics/mse-of-images.ts'
import { readTogether } from '../ops/hints.ts'
import type { UnitImages } from '../signal/images.ts'
import { clipUnit, type Reconstructs } from './reconstruct.ts'
import { excessOf } from './rounding.ts'

export interface GradientFreeOptions {
  /** Updates of the latent: 5. More hardly help. */
  readonly rounds?: number
  /** Share of the latent's difference that an update takes: 0.5. */
  readonly rate?: number
  /** Share of the update before that the next one keeps: 0. */
  readonly momentum?: number
}

/** How near the encoder alone brings a latent to an image. */
export interface GradientFree {
  /** Mean squared error before each update. */
  readonly losses: readonly number[]
  /** Least loss before an update / first loss. */
  readonly drop: number
  /** The same less what rounding to 8 bits leaves: see `excessOf`. */
  readonly excess: number
}

/**
 * Inversion without gradients: z_0 = E(x), then the latent moves by what the encoder finds missing,
 *   p = momentum·p + rate·(E(x) - E(clamp(D(z)))), z = z + p.
 * @param images [N,H,W,3] on the grid
 * @returns `results`, one of each image, and the latents [N,h,w,C] after the last update, which the caller disposes
 */
export async function gradientFree(
  autoencoder: Reconstructs,
  images: UnitImages,
  { rounds = 5, rate = 0.5, momentum = 0 }: GradientFreeOptions = {},
): Promise<{ readonly results: GradientFree[]; readonly latents: Tensor4D }> {
  const { latents, losses } = tidy(() => {
    const start = encode(autoencoder, images)
    const losses: Tensor1D[] = []
    let latents = start
    let move: Tensor4D | null = null
    for (let i = 0; i < rounds; i++) {
      const decoded = clipUnit(decode(autoencoder, latents))
      losses.push(mseOfImages(decoded, images))
      const missing: Tensor4D = mul(sub(start, encode(autoencoder, decoded)), rate)
      move = move && momentum ? add(mul(move, momentum), missing) : missing
      latents = add(latents, move)
    }
    return { latents, losses }
  })
  try {
    const columns = await readTogether(losses)
    const results = at(columns, 0).map((_, i) => {
      const each = columns.map((column) => at(column, i))
      const [first, least] = [at(each, 0), Math.min(...each)]
      return { losses: each, drop: least / first, excess: excessOf(least, first, latents.size, images.size) }
    })
    return { results, latents }
  } catch (error) {
    latents.dispose()
    throw error
  }
}
