import { type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { checkNumber, checkOptions } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { decode, encode } from '../inference/graphs.ts'
import { cropImages, padImages } from '../inference/tiling/padding.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder } from '../models/check-models.ts'
import type { UnitImages } from '../signal/images.ts'
import { checkedImages, checkImageSet, type ImageSet } from '../training/image-set.ts'
import { type Picture, pictureOf } from './pictures.ts'

/** What no signing changes of an image: its latent, and the picture that the original decoder makes of it. */
export interface PreparedImage {
  readonly latents: { readonly values: Float32Array; readonly shape: [number, number, number, number] }
  /** At the image's own size. */
  readonly original: Picture
}

/**
 * Images that signed decoders are evaluated on, each read, encoded and decoded by the original decoder once, however often it is
 * evaluated; on the host, 330 kB an image of 256 pixels with 32 latent channels.
 */
export interface PreparedImages {
  readonly autoencoder: Autoencoder
  readonly length: number
  /** Shorter side of the images in pixels. */
  readonly size: number
  /** @throws StableSigError as `ImageSet.read` of checked images */
  prepare(index: number): Promise<PreparedImage>
}

export interface PrepareOptions {
  readonly autoencoder: Autoencoder
  readonly images: ImageSet
  /** Shorter side of the images, in pixels, which they must then have. Default: 256 is asked for, and any is taken. */
  readonly size?: number
}

/**
 * Images to evaluate signed decoders on, prepared when they are first asked for and then kept: for held-out images that stop a
 * training and are evaluated after it, `evaluateDecoder` and `earlyStopping` both take them.
 * @throws StableSigError 'bad-argument', 'disposed'
 */
export function prepareImages(options: PrepareOptions): PreparedImages {
  return preparing(options, true)
}

/** @param kept whether an image's preparation is kept, for more than one evaluation */
export function preparing(options: PrepareOptions, kept: boolean): PreparedImages {
  checkOptions(options, 'prepareImages')
  const { autoencoder, size = 256 } = options
  checkAutoencoder(autoencoder)
  checkImageSet(options.images, 'images')
  checkNumber(size, 'size', 'a whole number from 1', (value) => Number.isSafeInteger(value) && value >= 1)
  const images = checkedImages(options.images, 'image', { anySize: options.size === undefined })
  const known = new Map<number, Promise<PreparedImage>>()
  return {
    autoencoder,
    length: images.length,
    size,
    prepare(index) {
      const before = known.get(index)
      if (before) return before
      const made = images
        .read(index, size)
        .then((image) => prepared(autoencoder, image, `image ${index} (of ${images.length}, from 0)`))
      if (!kept) return made
      known.set(index, made)
      // One that failed is tried again.
      made.catch(() => known.delete(index))
      return made
    },
  }
}

/** The image is disposed. */
async function prepared(autoencoder: Autoencoder, image: UnitImages, name: string): Promise<PreparedImage> {
  const [, height, width] = image.shape
  const made = tidy(() => {
    const latents = encode(autoencoder, padImages(image, autoencoder.downscale))
    return { latents, original: cropImages(decode(autoencoder, latents), height, width) }
  })
  image.dispose()
  try {
    // Asked for together: a compiling engine then makes one graph of both.
    const [values, original] = await Promise.all([
      made.latents.data<'float32'>(),
      pictureOf(made.original, `${name}, by the original decoder`),
    ])
    return { latents: { values, shape: made.latents.shape }, original }
  } finally {
    made.latents.dispose()
    made.original.dispose()
  }
}

/**
 * The picture that a signed decoder makes of a prepared image.
 * @param decoded latents [1,h,w,C] -> images, called inside a tidy
 * @param name what errors call the image
 * @throws StableSigError 'not-finite' where the decoder makes no picture
 */
export async function signedPicture(
  { latents: { values, shape }, original }: PreparedImage,
  decoded: (latents: Tensor4D) => UnitImages,
  name: string,
): Promise<Picture> {
  const [, height, width] = original.shape
  const signed = tidy(() => cropImages(decoded(tensor4d(values, shape)), height, width))
  return pictureOf(signed, `${name}, by the signed decoder`).finally(() => signed.dispose())
}

/** @throws StableSigError 'bad-argument' where images were prepared with another autoencoder, or at another size than is asked for */
export function checkPrepared(prepared: PreparedImages, name: string, autoencoder: Autoencoder, size?: number): void {
  if (prepared.autoencoder !== autoencoder)
    throw new StableSigError(
      'bad-argument',
      `${name} were prepared with another autoencoder: prepare them with this one`,
    )
  if (size !== undefined && prepared.size !== size)
    throw new StableSigError(
      'bad-argument',
      `${name} were prepared at ${prepared.size} pixels, and size is ${size}: leave size away, or prepare them at ${size}`,
    )
}
