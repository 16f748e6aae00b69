import { concat, dispose, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { stopIfAborted } from '../aborted.ts'
import { checkCallback, checkNumber, checkOptions, checkSignal } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder } from '../models/check-models.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { checkedImages, checkImageSet, type ImageSet } from '../training/image-set.ts'
import type { ImageCodec } from '../transforms/codec/image-codec.ts'
import { autoencoderHash } from './autoencoder-hash.ts'
import type { CalibrationSet, SavedFormat, TracerCalibration } from './calibration.ts'
import { balanced, type TracingMethod } from './method.ts'
import { savedImages } from './save-images.ts'
import { specimens } from './specimens.ts'
import { squareOf } from './square-of.ts'

export interface CalibrateTracerOptions {
  readonly autoencoder: Autoencoder
  /** Photographs, at least three; some fifty make rates of 2% without extrapolation. */
  readonly images: ImageSet
  /** Further classes of foreign images by name, as they were saved: other generators' pictures. */
  readonly foreign?: Readonly<Record<string, ImageSet>> | undefined
  /** Side of the square that is cut out of each image, in pixels; a multiple of the autoencoder's downscale. Default 256. */
  readonly size?: number | undefined
  /** Default: `balanced()` alone. `traceImage` inverts only what `inversion()` has been calibrated for. */
  readonly methods?: readonly TracingMethod[] | undefined
  /** Default: PNG. */
  readonly formats?: readonly SavedFormat[] | undefined
  /** Writes JPEG where that is among the formats. */
  readonly codec?: ImageCodec | undefined
  /** Stops between two images with an 'aborted' error. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: { readonly imagesDone: number; readonly images: number }) => void) | undefined
}

const MIN_IMAGES = 3

/**
 * Learns which scores an autoencoder's images have, and others': of each photograph it makes one that the decoder made, a smoothed one
 * and those of decoys, saves them in each format, and scores them by each method. No other model is needed.
 * @throws StableSigError 'bad-argument', 'disposed', 'aborted', as `checkedImages`. No tensor is left.
 */
export async function calibrateTracer(options: CalibrateTracerOptions): Promise<TracerCalibration> {
  checkOptions(options, 'calibrateTracer')
  const { autoencoder, foreign = {}, size = 256, methods = [balanced()], formats = [{ format: 'png' }] } = options
  const { codec, signal, onProgress } = options
  checkAutoencoder(autoencoder)
  checkSignal(signal)
  checkCallback(onProgress, 'onProgress')
  const { downscale, decoder } = autoencoder
  checkNumber(size, 'size', `a multiple of ${downscale} pixels`, (side) => side > 0 && side % downscale === 0)
  const sources = [['photographs', options.images] as const, ...Object.entries(foreign)].map(([name, set]) => {
    checkImageSet(set, name)
    if (set.length >= MIN_IMAGES) return { name, set: checkedImages(set, `image of ${name}`) }
    throw new StableSigError('bad-argument', `${name}: ${set.length} images, expected at least ${MIN_IMAGES}`)
  })
  const sets = formats.flatMap((saved) => methods.map((method) => new Scores(saved, method)))
  const images = sources.reduce((sum, { set }) => sum + set.length, 0)
  let imagesDone = 0
  for (const { name, set } of sources)
    for (let index = 0; index < set.length; index++) {
      stopIfAborted(signal, `stopped after ${imagesDone} of ${images} images`)
      const kinds = await kindsOf(autoencoder, set, index, size, name)
      try {
        for (const saved of formats) {
          const ofFormat = sets.filter((scores) => scores.saved === saved)
          await scoreKinds(autoencoder, kinds, ofFormat, codec, signal)
        }
      } finally {
        dispose(kinds)
      }
      onProgress?.({ imagesDone: ++imagesDone, images })
    }
  return {
    autoencoder: { hash: await autoencoderHash(autoencoder), family: decoder.family, downscale },
    sets: sets.map((scores) => scores.set(size)),
  }
}

/** Images of an index by the name of their kind. */
async function kindsOf(
  autoencoder: Autoencoder,
  set: ImageSet,
  index: number,
  size: number,
  name: string,
): Promise<Record<string, UnitImages>> {
  const square = await squareOf(set, index, size)
  if (name !== 'photographs') return { [name]: square }
  try {
    const { belonging, foreign } = specimens(autoencoder, square)
    return { [BELONGING]: belonging, ...foreign }
  } finally {
    square.dispose()
  }
}

/** No class of foreign images may have this name. */
const BELONGING = 'belonging'

async function scoreKinds(
  autoencoder: Autoencoder,
  kinds: Readonly<Record<string, UnitImages>>,
  sets: readonly Scores[],
  codec: ImageCodec | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [first] = sets
  if (!first) return
  const together = asUnit(tidy(() => concat<Tensor4D>(Object.values(kinds))))
  const images = await savedImages(together, first.saved, codec).finally(() => together.dispose())
  try {
    for (const scores of sets)
      scores.add(Object.keys(kinds), await scores.method.score(autoencoder, images, { signal }))
  } finally {
    images.dispose()
  }
}

/** Scores as they come in. */
class Scores {
  readonly #classes = new Map<string, number[]>()

  constructor(
    readonly saved: SavedFormat,
    readonly method: TracingMethod,
  ) {}

  add(names: readonly string[], scores: readonly number[]): void {
    for (const [i, name] of names.entries()) {
      const list = this.#classes.get(name) ?? []
      list.push(scores[i] ?? Number.NaN)
      this.#classes.set(name, list)
    }
  }

  set(size: number): CalibrationSet {
    const { [BELONGING]: belonging = [], ...foreign } = Object.fromEntries(this.#classes)
    return { saved: this.saved, method: this.method.name, height: size, width: size, belonging, foreign }
  }
}
