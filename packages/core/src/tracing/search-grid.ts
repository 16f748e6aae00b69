import { concat, slice, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { stopIfAborted } from '../aborted.ts'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { checkImages } from '../transforms/check.ts'
import { type Reconstructs, reconstructionErrors } from './reconstruct.ts'

export interface SearchGridOptions {
  /** Side in pixels, at most, of the part about the middle that is looked at: 128. */
  readonly window?: number
  readonly signal?: AbortSignal | undefined
}

export interface FoundGrid {
  /** The offset at which the reconstruction error is least. */
  readonly top: number
  readonly left: number
  /** Offsets that were tried: a p-value of an image cut at the best of them is to be multiplied by so many. */
  readonly offsets: number
}

/** Crops that pass the autoencoder together. */
const TOGETHER = 8

/**
 * Where the grid of the decoder's latents lies in an image that was cropped: of all offsets within a square the one from which the
 * image is reconstructed best. Every image has a best one, so that what is computed there has been chosen among all.
 * @param image [1,H,W,3]
 * @throws StableSigError 'shape' for images below two squares a side; 'aborted'
 */
export async function searchGrid(
  autoencoder: Reconstructs & { readonly downscale: number },
  image: UnitImages,
  { window = 128, signal }: SearchGridOptions = {},
): Promise<FoundGrid> {
  checkImages(image, 'searchGrid')
  const { downscale: factor } = autoencoder
  const [count, height, width] = image.shape
  const side = (length: number) => Math.floor(Math.min(window, length - factor + 1) / factor) * factor
  const [h, w] = [side(height), side(width)]
  if (count !== 1 || h < factor || w < factor)
    throw new StableSigError(
      'shape',
      `searchGrid: found images [${image.shape}], expected one of at least ${2 * factor - 1} pixels a side`,
    )
  // The middle, from a multiple of the factor on, so that an offset within it is one of the image.
  const [y, x] = [middle(height, h, factor), middle(width, w, factor)]
  let best = { error: Number.POSITIVE_INFINITY, top: 0, left: 0 }
  const places = Array.from({ length: factor ** 2 }, (_, i) => ({ top: Math.floor(i / factor), left: i % factor }))
  for (let from = 0; from < places.length; from += TOGETHER) {
    stopIfAborted(signal, `stopped after ${from} of ${places.length} offsets`)
    const some = places.slice(from, from + TOGETHER)
    const errors = tidy(() => {
      const crops = some.map(({ top, left }) => slice(image as Tensor4D, [0, y + top, x + left, 0], [1, h, w, 3]))
      return at(reconstructionErrors(autoencoder, [asUnit(concat(crops))]), 0)
    })
    const values = await errors.data<'float32'>().finally(() => errors.dispose())
    for (const [i, error] of values.entries()) if (error < best.error) best = { error, ...at(some, i) }
  }
  return { top: best.top, left: best.left, offsets: places.length }
}

/** Where `part` pixels about the middle of `length` begin, on the grid and with room for every offset. */
const middle = (length: number, part: number, factor: number): number =>
  Math.max(0, Math.floor((length - part - (factor - 1)) / 2 / factor) * factor)
