import { stopIfAborted } from '../aborted.ts'
import { checkCallback, checkNumber, checkOptions, checkSignal } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder } from '../models/check-models.ts'
import { checkedImages, checkImageSet, type ImageSet } from '../training/image-set.ts'
import type { ImageCodec } from '../transforms/codec/image-codec.ts'
import { autoencoderHash } from './autoencoder-hash.ts'
import type { CalibrateTracerOptions } from './calibrate-tracer.ts'
import type { SavedFormat } from './calibration.ts'
import { reconstruct } from './reconstruct.ts'
import { residuals } from './residual.ts'
import { savedImages } from './save-images.ts'
import { squareOf } from './square-of.ts'

/** Residuals of images whose maker is known, under each candidate. */
export interface AttributionSet {
  readonly saved: SavedFormat
  /** Of the images, in pixels. */
  readonly height: number
  readonly width: number
  /** By the candidate that made an image, then by image, then by the candidate under which it is measured. */
  readonly residuals: readonly (readonly (readonly number[])[])[]
}

/** What tells siblings apart: decoders that belong to one family, such as signed copies of one. */
export interface AttributionCalibration {
  readonly candidates: readonly { readonly name: string; readonly hash: string }[]
  readonly sets: readonly AttributionSet[]
}

export interface CalibrateAttributionOptions {
  /** At least two, of different names. */
  readonly candidates: readonly { readonly name: string; readonly autoencoder: Autoencoder }[]
  /** Photographs, at least three: every candidate makes an image of each. */
  readonly images: ImageSet
  /** Side of the square that is cut out of each image, a multiple of every downscale. Default 256. */
  readonly size?: number | undefined
  /** Default: PNG. */
  readonly formats?: readonly SavedFormat[] | undefined
  /** Writes JPEG where that is among the formats. */
  readonly codec?: ImageCodec | undefined
  /** Stops between two images with an 'aborted' error. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: CalibrateTracerOptions['onProgress']
}

const MIN_IMAGES = 3

/**
 * Learns by how much residuals differ between candidates when one of them made an image. A better decoder has lower residuals for all
 * images, and this is where the zero of their differences comes from.
 * @throws StableSigError 'bad-argument', 'disposed', 'aborted'. No tensor is left.
 */
export async function calibrateAttribution(options: CalibrateAttributionOptions): Promise<AttributionCalibration> {
  checkOptions(options, 'calibrateAttribution')
  const { candidates, size = 256, formats = [{ format: 'png' }], codec, signal, onProgress } = options
  checkCandidates(candidates)
  checkSignal(signal)
  checkCallback(onProgress, 'onProgress')
  checkImageSet(options.images, 'images')
  for (const { name, autoencoder } of candidates)
    checkNumber(
      size,
      'size',
      `a multiple of the downscale of ${name}`,
      (side) => side > 0 && side % autoencoder.downscale === 0,
    )
  if (options.images.length < MIN_IMAGES)
    throw new StableSigError('bad-argument', `${options.images.length} images, expected at least ${MIN_IMAGES}`)
  const images = checkedImages(options.images, 'image')
  const sets = formats.map((saved) => ({
    saved,
    height: size,
    width: size,
    residuals: candidates.map((): number[][] => []),
  }))
  for (let index = 0; index < images.length; index++) {
    stopIfAborted(signal, `stopped after ${index} of ${images.length} images`)
    const photograph = await squareOf(images, index, size)
    try {
      for (const [maker, { autoencoder }] of candidates.entries())
        for (const set of sets) {
          const decoded = reconstruct(autoencoder, photograph)
          const made = await savedImages(decoded, set.saved, codec).finally(() => decoded.dispose())
          try {
            const row: number[] = []
            for (const { autoencoder } of candidates) row.push(...(await residuals(autoencoder, made)))
            set.residuals[maker]?.push(row)
          } finally {
            made.dispose()
          }
        }
    } finally {
      photograph.dispose()
    }
    onProgress?.({ imagesDone: index + 1, images: images.length })
  }
  const bound = candidates.map(async ({ name, autoencoder }) => ({ name, hash: await autoencoderHash(autoencoder) }))
  return { candidates: await Promise.all(bound), sets }
}

/** @throws StableSigError 'bad-argument', 'disposed' */
export function checkCandidates(
  candidates: readonly { readonly name: string; readonly autoencoder: Autoencoder }[],
): void {
  if (!Array.isArray(candidates) || candidates.length < 2)
    throw new StableSigError('bad-argument', `candidates: expected at least two, found ${candidates?.length ?? 'none'}`)
  for (const { autoencoder } of candidates) checkAutoencoder(autoencoder)
  const names = candidates.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new StableSigError('bad-argument', `candidates: two of them are named ${twice}`)
}
