import { stopIfAborted } from '../aborted.ts'
import { checkCallback, checkObject, checkOptions, checkSignal } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { decode } from '../inference/graphs.ts'
import { countMatches, readBits } from '../metrics/bits.ts'
import { psnr } from '../metrics/psnr.ts'
import type { Autoencoder, LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder, checkDecoder, checkExtractor } from '../models/check-models.ts'
import type { Extractor } from '../models/extractor.ts'
import type { UnitImages } from '../signal/images.ts'
import { checkKey, type Key } from '../signal/key.ts'
import type { ImageSet } from '../training/image-set.ts'
import { logitsOf, similarityOf } from './pictures.ts'
import { checkPrepared, type PreparedImages, preparing, signedPicture } from './prepared-images.ts'

export interface EvaluateOptions {
  readonly autoencoder: Autoencoder
  /** The signed decoder, as `finetuneDecoder` gives it. */
  readonly decoder: LatentDecoder
  readonly extractor: Extractor
  readonly key: Key
  /**
   * Images that were not trained on: sides are padded to the autoencoder's blocks and cut back. Without `size` a set may give any
   * size, its own for example; each image is looked at as in training. `prepareImages` makes those that are evaluated more than once.
   */
  readonly images: ImageSet | PreparedImages
  /** Shorter side of the images, in pixels, which they must then have. Default: 256 is asked for, and any is taken; that of prepared ones. */
  readonly size?: number
  /** What happens to a signed 8-bit picture before it is read: [1,H,W,3] -> [1,h,w,3]. Default: nothing. */
  readonly attack?: (image: UnitImages) => UnitImages
  readonly signal?: AbortSignal | undefined
  readonly onImage?: ((image: ImageEvaluation) => void) | undefined
}

/** One image, signed. */
export interface ImageEvaluation {
  readonly index: number
  readonly matches: number
  readonly total: number
  /** Signed against unsigned reconstruction, both as 8-bit pictures, in dB. */
  readonly psnr: number
  /** The same pair's SSIM, of 7x7 uniform windows; NaN for images smaller than a window. */
  readonly ssim: number
}

export interface DecoderEvaluation {
  /** Of all images together. */
  readonly matches: number
  readonly total: number
  readonly bitAccuracy: number
  /** Mean over images, in dB. */
  readonly psnr: number
  /** Mean over images. */
  readonly ssim: number
  readonly images: readonly ImageEvaluation[]
}

/**
 * What a signed decoder is worth on images it has not seen: each goes through the encoder, and its latent through both
 * decoders; bits are read from the signed picture after rounding to 8 bits, and its distance to the unsigned one is taken.
 * @throws StableSigError 'bad-argument' without images, 'bad-key', 'aborted', 'disposed'; 'not-finite' naming the image of which a
 *   decoder's picture or the extractor's logits are not finite; 'shape' or 'bad-image' naming an image by its index that is not a unit image [1,H,W,3]
 */
export async function evaluateDecoder(options: EvaluateOptions): Promise<DecoderEvaluation> {
  checkOptions(options, 'evaluateDecoder')
  const { autoencoder, decoder, extractor, key, attack, signal, onImage } = options
  checkAutoencoder(autoencoder)
  checkDecoder(decoder, 'the decoder to evaluate')
  checkExtractor(extractor)
  checkCallback(attack, 'attack')
  checkCallback(onImage, 'onImage')
  checkSignal(signal)
  const images = preparedFrom(options)
  checkKey(key, extractor.bits)
  if (!(images.length >= 1)) throw new StableSigError('bad-argument', 'there are no images to evaluate')
  const results: ImageEvaluation[] = []
  for (let index = 0; index < images.length; index++) {
    stopIfAborted(signal, `stopped after ${index} of ${images.length} images`)
    const name = `image ${index} (of ${images.length}, from 0)`
    const image = await images.prepare(index)
    const signed = await signedPicture(image, (latents) => decode({ decoder }, latents), name)
    const matches = countMatches(readBits(await logitsOf(extractor, signed, attack), { name }), key)
    const result = {
      index,
      matches,
      total: key.length,
      psnr: psnr(signed.bytes, image.original.bytes),
      ssim: await similarityOf(signed, image.original),
    }
    results.push(result)
    onImage?.(result)
  }
  const sum = (of: (image: ImageEvaluation) => number) => results.reduce((total, image) => total + of(image), 0)
  const [matches, total] = [sum((image) => image.matches), sum((image) => image.total)]
  return {
    matches,
    total,
    bitAccuracy: matches / total,
    psnr: sum((image) => image.psnr) / results.length,
    ssim: sum((image) => image.ssim) / results.length,
    images: results,
  }
}

function preparedFrom({ autoencoder, images, size }: EvaluateOptions): PreparedImages {
  checkObject(images, 'images', 'a set of images')
  if (!('prepare' in images)) return preparing({ autoencoder, images, ...(size === undefined ? {} : { size }) }, false)
  checkPrepared(images, 'images', autoencoder, size)
  return images
}
