import { type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { decode, encode } from '../inference/graphs.ts'
import { countMatches, readBits } from '../metrics/bits.ts'
import { psnr } from '../metrics/psnr.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import type { Extractor } from '../models/hidden/extractor.ts'
import type { Weights } from '../models/weights.ts'
import type { Key } from '../signal/key.ts'
import type { ImageSet } from '../training/image-set.ts'
import type { Aim, Judgement } from './early-stopping.ts'
import { logitsOf, type Picture, pictureOf } from './pictures.ts'

interface HeldOutOptions {
  readonly autoencoder: Autoencoder
  readonly extractor: Extractor
  readonly key: Key
  readonly images: ImageSet
  /** Side, in pixels. */
  readonly size: number
  readonly signal?: AbortSignal | undefined
}

/** What no training changes of a held-out image: its latent, and the picture that the original decoder makes of it. */
interface Prepared {
  readonly latents: { readonly values: Float32Array; readonly shape: [number, number, number, number] }
  readonly original: Picture
}

/** Images from this one on may rule a PSNR out, by their mean and scatter. */
const ENOUGH_FOR_A_MEAN = 6
const STANDARD_ERRORS = 4

/**
 * Held-out images that are judged again and again while a decoder is trained: what they are judged against is computed once,
 * 330 kB an image of 256 pixels with 32 latent channels.
 */
export class HeldOut {
  readonly #options: HeldOutOptions
  readonly #prepared: Prepared[] = []

  constructor(options: HeldOutOptions) {
    this.#options = options
  }

  /**
   * Bits and PSNR of these weights, as `evaluateDecoder` counts them. Unless `thorough`, it stops as soon as the aim is out of
   * reach: more bits are wrong already than may be, or the mean PSNR is lower by four standard errors.
   * @param weights called inside a tidy, and so as often as there are images
   * @returns null when `signal` fired
   * @throws StableSigError 'not-finite' naming the image of which a decoder's picture or the logits are not finite
   */
  async judge(weights: () => Weights, aim: Aim, step: number, thorough: boolean): Promise<Judgement | null> {
    const { extractor, images, key, signal } = this.#options
    const mayBeWrong = images.length * key.length * (1 - aim.bitAccuracy) + 1e-9
    const distances: number[] = []
    let matches = 0
    for (let index = 0; index < images.length; index++) {
      if (signal?.aborted) return null
      const { original, latents } = await this.#prepare(index)
      const name = heldOutImage(index, images)
      const signed = await this.#picture(latents, weights, name)
      distances.push(psnr(signed.bytes, original.bytes))
      matches += countMatches(readBits(await logitsOf(extractor, signed), { name }), key)
      const wrong = distances.length * key.length - matches
      if (!thorough && (wrong > mayBeWrong || outOfReach(distances, aim.psnr))) break
    }
    const total = distances.length * key.length
    const figures = { matches, total, bitAccuracy: matches / total, psnr: mean(distances) }
    const all = distances.length === images.length
    // Counted in bits: a share may miss its equal by rounding.
    const reached = all && total - matches <= mayBeWrong && figures.psnr >= aim.psnr
    return { step, images: distances.length, ...figures, reached }
  }

  async #prepare(index: number): Promise<Prepared> {
    const known = this.#prepared[index]
    if (known) return known
    const { autoencoder, images, size } = this.#options
    const image = await images.read(index, size)
    const made = tidy(() => {
      const latents = encode(autoencoder, image)
      return { latents, original: decode(autoencoder, latents) }
    })
    image.dispose()
    try {
      const [values, original] = await Promise.all([
        made.latents.data<'float32'>(),
        pictureOf(made.original, `${heldOutImage(index, images)}, by the original decoder`),
      ])
      const prepared = { latents: { values, shape: made.latents.shape }, original }
      this.#prepared[index] = prepared
      return prepared
    } finally {
      made.latents.dispose()
      made.original.dispose()
    }
  }

  async #picture({ values, shape }: Prepared['latents'], weights: () => Weights, name: string): Promise<Picture> {
    const signed: Tensor4D = tidy(() => decode(this.#options.autoencoder, tensor4d(values, shape), weights()))
    return pictureOf(signed, `${name}, by the signed decoder`).finally(() => signed.dispose())
  }
}

/** What errors call it. */
const heldOutImage = (index: number, { length }: ImageSet): string => `held-out image ${index} (of ${length}, from 0)`

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

function outOfReach(distances: readonly number[], aim: number): boolean {
  if (distances.length < ENOUGH_FOR_A_MEAN) return false
  const middle = mean(distances)
  const variance = distances.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (distances.length - 1)
  return middle + STANDARD_ERRORS * Math.sqrt(variance / distances.length) < aim
}
