import { StableSigError } from '../errors.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import type { ChromaSubsampling } from '../transforms/codec/image-codec.ts'
import { autoencoderHash } from './autoencoder-hash.ts'
import { type CalibrationSet, type SavedFormat, spellSaved, type TracerCalibration } from './calibration.ts'

/**
 * How an image came: PNG (or whatever keeps 8-bit values); JPEG, of a quality and a subsampling of chroma where they are known; or in a way
 * for which no calibration is made.
 */
export type ImageFormat =
  | { readonly format: 'png' }
  | {
      readonly format: 'jpeg'
      /** 1..100; unknown: no calibration covers it. */
      readonly quality?: number | undefined
      /** Unknown: taken for the calibration's. */
      readonly subsampling?: ChromaSubsampling | 'other' | undefined
    }
  | {
      readonly format: 'other'
      /** What messages call it: 'webp'. */
      readonly name: string
    }

/** What a calibration does not cover of an image that it is used for. */
export type Extrapolates = 'size' | 'quality' | 'subsampling'

export interface FittingSet {
  readonly set: CalibrationSet
  readonly extrapolates: readonly Extrapolates[]
}

/** JPEG qualities this far apart still count as one. */
const QUALITY_APART = 5
/** Images of so many times as many pixels, or as few, still count as of one size. */
const SIZE_RATIO = 2

/** @throws StableSigError 'bad-calibration' for the scores of another autoencoder */
export async function checkBound(
  { autoencoder: bound }: TracerCalibration,
  autoencoder: Pick<Autoencoder, 'encoder' | 'decoder'>,
): Promise<void> {
  const hash = await autoencoderHash(autoencoder)
  if (hash === bound.hash) return
  throw new StableSigError(
    'bad-calibration',
    `the calibration is of another autoencoder: expected the hash ${hash.slice(0, 12)}…, found ${bound.hash.slice(0, 12)}…; ` +
      'calibrate this one by calibrateTracer, or the command calibrate-tracer',
  )
}

/** What a set of a calibration covers. */
interface Covered {
  readonly saved: SavedFormat
  readonly height: number
  readonly width: number
}

/**
 * The set that fits an image best: of its format, of its subsampling where there is such a one, nearest in quality and size.
 * @param what what messages call the sets, and what the calibration has
 * @param extrapolate whether a set of another size, quality or subsampling may be taken, which is then told
 * @throws StableSigError 'no-decision' where there is none that fits
 */
export function nearestSet<S extends Covered>(
  sets: readonly S[],
  image: ImageFormat,
  [height, width]: readonly [number, number],
  extrapolate: boolean,
  what: { readonly wanted: string; readonly have: string },
): { readonly set: S; readonly extrapolates: readonly Extrapolates[] } {
  const [best] = sets
    .filter(({ saved }) => saved.format === image.format)
    .map((set) => ({
      ...{ set, size: sizeApart(set, height, width), quality: qualityApart(set, image) },
      subsampling: Number(!sameSubsampling(set, image)),
    }))
    .sort((a, b) => a.subsampling - b.subsampling || byNumber(a.quality, b.quality) || a.size - b.size)
  if (!best)
    throw new StableSigError(
      'no-decision',
      `the calibration has no ${what.wanted} for ${spellImage(image)}, but ${what.have}: calibrate for it`,
    )
  const extrapolates: Extrapolates[] = [
    ...(best.size > Math.log(SIZE_RATIO) ? ['size' as const] : []),
    ...(best.quality > QUALITY_APART ? ['quality' as const] : []),
    ...(best.subsampling ? ['subsampling' as const] : []),
  ]
  if (extrapolates.length && !extrapolate)
    throw new StableSigError(
      'no-decision',
      `the calibration does not cover the ${extrapolates.join(' and ')} of this image of ${width}x${height} pixels, ${spellImage(image)}; ` +
        `it has ${what.have}: calibrate for it, or allow { extrapolate: true }`,
    )
  return { set: best.set, extrapolates }
}

/** The scores of a method that fit an image best. @throws StableSigError as nearestSet */
export function fittingSet(
  { sets }: TracerCalibration,
  image: ImageFormat,
  method: string,
  size: readonly [number, number],
  extrapolate: boolean,
): FittingSet {
  const have = sets.map((set) => `${set.method} of ${set.width}x${set.height} ${spellSaved(set.saved)}`).join(', ')
  const ofMethod = sets.filter((set) => set.method === method)
  return nearestSet(ofMethod, image, size, extrapolate, { wanted: `scores of ${method}`, have })
}

const sizeApart = (set: Covered, height: number, width: number): number =>
  Math.abs(Math.log((set.height * set.width) / (height * width)))

function sameSubsampling({ saved }: Covered, image: ImageFormat): boolean {
  if (saved.format !== 'jpeg' || image.format !== 'jpeg' || image.subsampling === undefined) return true
  return (saved.subsampling ?? '4:2:0') === image.subsampling
}

/** An unknown quality is apart from all. */
function qualityApart({ saved }: Covered, image: ImageFormat): number {
  if (saved.format !== 'jpeg' || image.format !== 'jpeg') return 0
  return image.quality === undefined ? Number.POSITIVE_INFINITY : Math.abs(saved.quality - image.quality)
}

/** 'png', 'jpeg:90 4:4:4', 'jpeg of unknown quality', 'webp'. */
function spellImage(image: ImageFormat): string {
  if (image.format === 'png') return 'png'
  if (image.format === 'other') return image.name
  const { quality, subsampling } = image
  const chroma = subsampling === undefined ? '' : subsampling === 'other' ? ' of other subsampling' : ` ${subsampling}`
  return `${quality === undefined ? 'jpeg of unknown quality' : `jpeg:${quality}`}${chroma}`
}

/** Infinities are equal. */
const byNumber = (a: number, b: number): number => (a === b ? 0 : a - b)
