import { type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { decode, encode } from '../inference/graphs.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { checkedImages, type ImageSet } from '../training/image-set.ts'

/** What no step of the training changes, for a batch: latents [B,h,w,C] and what the original decoder makes of them. */
export type FrozenBatch = { latents: Tensor4D; originals: UnitImages }

/** A batch as values: what a tensor is made of. */
export interface FrozenValues {
  readonly latents: StackedValues
  readonly originals: StackedValues
}

/** Values of a tensor, and its shape. */
export interface StackedValues {
  readonly values: Float32Array
  readonly shape: [number, number, number, number]
}

export interface FrozenWorkOptions {
  readonly autoencoder: Autoencoder
  /** Kept in place of latents: what no step changes of the decoder's work on them, such as its first stages. Default: latents. */
  readonly head?: (latents: Tensor4D) => Tensor4D
  readonly images: ImageSet
  readonly size: number
  /** Bytes that may be kept; what does not fit is computed again. */
  readonly cacheBytes: number
  /** The images of all steps to come, in order: an image is kept only while it comes again. */
  readonly visits: Iterable<number>
}

/** Values of one tensor, and its shape without the batch axis. */
interface Kept {
  readonly values: Float32Array
  readonly shape: readonly number[]
}

/**
 * Latents and original decodes of training images, each computed once while memory lasts. An image is always computed alone,
 * so that what is kept and what is computed again are equal to the last bit.
 */
export class FrozenWork {
  readonly #options: FrozenWorkOptions
  readonly #toCome = new Map<number, number>()
  readonly #kept = new Map<number, readonly [latents: Kept, original: Kept]>()
  #bytes = 0
  /** How many images were computed, those computed again included. */
  computed = 0

  constructor(options: FrozenWorkOptions) {
    this.#options = { ...options, images: checkedImages(options.images, 'training image') }
    for (const index of options.visits) this.#toCome.set(index, (this.#toCome.get(index) ?? 0) + 1)
  }

  /** Bytes that are kept now. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * The batch of these images, as new tensors.
   * @throws StableSigError 'shape' when an image is none of the model's, or images differ in size; as checkedImages
   */
  async batch(indices: readonly number[]): Promise<FrozenBatch> {
    const { latents, originals } = await this.values(indices)
    return {
      latents: tensor4d(latents.values, latents.shape),
      originals: asUnit(tensor4d(originals.values, originals.shape)),
    }
  }

  /** The same as values. @throws StableSigError as batch */
  async values(indices: readonly number[]): Promise<FrozenValues> {
    const parts: (readonly [Kept, Kept])[] = []
    for (const index of indices) parts.push(await this.#image(index))
    const stack = (which: 0 | 1): StackedValues => {
      const [first, ...others] = parts.map((part) => part[which])
      const [h = 0, w = 0, c = 0] = first?.shape ?? []
      const odd = others.find(({ shape }) => shape.join() !== first?.shape.join())
      if (!first || odd)
        throw new StableSigError(
          'shape',
          `images of a batch differ: [${first?.shape}] and [${odd?.shape}] after the ${which ? 'decoder' : 'encoder'}`,
        )
      const values = new Float32Array(parts.length * first.values.length)
      for (const [i, part] of parts.entries()) values.set(part[which].values, i * first.values.length)
      return { values, shape: [parts.length, h, w, c] }
    }
    return { latents: stack(0), originals: stack(1) }
  }

  async #image(index: number): Promise<readonly [Kept, Kept]> {
    const left = (this.#toCome.get(index) ?? 1) - 1
    this.#toCome.set(index, left)
    const known = this.#kept.get(index)
    if (known) {
      if (left === 0) this.#drop(index, known)
      return known
    }
    const made = await this.#compute(index)
    const bytes = size(made)
    if (left > 0 && this.#bytes + bytes <= this.#options.cacheBytes) {
      this.#kept.set(index, made)
      this.#bytes += bytes
    }
    return made
  }

  #drop(index: number, kept: readonly [Kept, Kept]): void {
    this.#kept.delete(index)
    this.#bytes -= size(kept)
  }

  async #compute(index: number): Promise<readonly [Kept, Kept]> {
    const { autoencoder, head, images, size } = this.#options
    this.computed++
    const image = await images.read(index, size)
    const { downscale } = autoencoder
    try {
      const [, height, width] = image.shape
      if (height % downscale || width % downscale)
        throw new StableSigError(
          'shape',
          `training image ${index} is ${width} x ${height}: sides must be multiples of ${downscale}`,
        )
      const made = tidy(() => {
        const latents = encode(autoencoder, image)
        return { latents: head ? head(latents) : latents, original: decode(autoencoder, latents) }
      })
      try {
        // Asked for together: a compiling engine then makes one graph of both.
        const [latents, original] = await Promise.all([keep(made.latents), keep(made.original)])
        return [latents, original]
      } finally {
        made.latents.dispose()
        made.original.dispose()
      }
    } finally {
      image.dispose()
    }
  }
}

const keep = async (tensor: Tensor4D): Promise<Kept> => ({
  values: await tensor.data<'float32'>(),
  shape: tensor.shape.slice(1),
})

const size = ([latents, original]: readonly [Kept, Kept]): number =>
  latents.values.byteLength + original.values.byteLength
