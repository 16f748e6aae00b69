import {
  type Autoencoder,
  decode,
  type Extractor,
  encode,
  evaluateDecoder,
  finetuneDecoder,
  type ImageSet,
  type Key,
  type LatentDecoder,
  loadExtractor,
  StableSigError,
} from '@stablesig/core'
import { cropImages, padImages } from '@stablesig/core/latents'
import { type ExtractorOptions, readAutoencoder, withWeights } from '@stablesig/core/models'
import { type FinetuneProgress, type HeldOutEvaluation, PRESETS } from '@stablesig/core/training'
import { type Pixels, toPixels, toUnitImages } from '@stablesig/images'
import { type ByteSource, modelState, openWeights } from '@stablesig/weights'
import { tidy } from '@tensorflow/tfjs-core'
import { imageDataOf } from '../images/image-data.ts'
import type { ReadImageOptions } from '../images/read-image.ts'
import { sha256Of } from '../weights/hash.ts'
import type { SignedDecoderFile, SigningPreview, SigningRecipe } from './job.ts'
import { type OriginalFile, storeDecoder } from './signed-file.ts'
import { type NamedImage, trainingImages } from './training-images.ts'

export interface SigningJob {
  readonly key: Key
  readonly images: readonly NamedImage[]
  readonly recipe: SigningRecipe
  readonly image: Pick<ReadImageOptions, 'maxBytes' | 'maxPixels' | 'background'>
  /** Which of the images are shown, from the first, and how often. */
  readonly preview: { readonly images: number; readonly every: number }
  readonly signal: AbortSignal
  readonly onStep: (progress: FinetuneProgress) => void | Promise<void>
  readonly onEvaluation: (evaluation: HeldOutEvaluation) => void
  readonly onPreview: (preview: SigningPreview) => void
}

/** An autoencoder and an extractor, and the decoder that was signed last. The engine must be ready. */
export class Signer {
  readonly extractor: Extractor
  readonly #autoencoder: Autoencoder
  readonly #original: OriginalFile
  #signed: LatentDecoder | null = null

  private constructor(extractor: Extractor, autoencoder: Autoencoder, original: OriginalFile) {
    this.extractor = extractor
    this.#autoencoder = autoencoder
    this.#original = original
  }

  /** @throws StableSigError as openExtractor, openAutoencoder */
  static async open(autoencoder: ByteSource, extractor: ByteSource, options: ExtractorOptions): Promise<Signer> {
    const reads = await loadExtractor(modelState(await openWeights(extractor)), options)
    try {
      const state = modelState(await openWeights(autoencoder))
      return new Signer(reads, await readAutoencoder(state), { source: autoencoder, state })
    } catch (error) {
      reads.dispose()
      throw error
    }
  }

  /** Signs the decoder; the one that was signed before is given up once this one is there. @throws StableSigError as `finetuneDecoder` */
  async sign(job: SigningJob): Promise<SignedDecoderFile> {
    const { key, recipe, signal, onStep, onEvaluation, preview } = job
    const { extractor } = this
    const autoencoder = this.#autoencoder
    const size = recipe.size ?? PRESETS[recipe.preset ?? 'balanced'].size
    const images = await trainingImages(job.images, { ...job.image, size, signal })
    const { earlyStopping } = recipe
    const { decoder, report } = await finetuneDecoder({
      ...{ ...recipe, autoencoder, extractor, key, images, signal, onStep },
      earlyStopping: earlyStopping && { ...earlyStopping, images, size, onEvaluation },
      preview: { every: preview.every, show: await this.#show(images, size, job) },
    })
    const { file, weights } = await storeDecoder(this.#original, decoder).finally(() => decoder.dispose())
    const signed = withWeights(autoencoder.decoder, weights)
    try {
      const evaluated = await evaluateDecoder({ autoencoder, decoder: signed, extractor, key, images, size, signal })
      const figures = { ...evaluated, images: images.length, size }
      const sha256 = await sha256Of(new Uint8Array(await file.arrayBuffer()))
      this.#signed?.dispose()
      this.#signed = signed
      return { file, sha256, figures, report }
    } catch (error) {
      signed.dispose()
      throw error
    }
  }

  /** An image as it comes out of the decoder that was signed last. @throws StableSigError 'bad-argument' where none was */
  async mark(image: Pixels): Promise<Pixels> {
    const decoder = this.#signed
    if (!decoder)
      throw new StableSigError('bad-argument', 'no decoder has been signed: sign one before images are marked')
    return this.#decoded(decoder, image)
  }

  dispose(): void {
    this.#signed?.dispose()
    this.#autoencoder.dispose()
    this.extractor.dispose()
  }

  /** Shows the first images by a decoder, beside what the original one makes of them. */
  async #show(images: ImageSet, size: number, { preview, onPreview }: SigningJob) {
    const shown: { readonly image: Pixels; readonly unsigned: ImageData }[] = []
    for (let index = 0; index < Math.min(preview.images, images.length); index++) {
      const unit = await images.read(index, size)
      const [image] = await toPixels(unit, [`training image ${index}`]).finally(() => unit.dispose())
      if (image) shown.push({ image, unsigned: imageDataOf(await this.#decoded(this.#autoencoder.decoder, image)) })
    }
    return async (decoder: LatentDecoder, step: number): Promise<void> => {
      const pictures: SigningPreview['pictures'][number][] = []
      for (const { image, unsigned } of shown)
        pictures.push({ unsigned, signed: imageDataOf(await this.#decoded(decoder, image)) })
      onPreview({ step, pictures })
    }
  }

  /** An image through the encoder and a decoder, at its own size. */
  async #decoded(decoder: LatentDecoder, image: Pixels): Promise<Pixels> {
    const { width, height, name } = image
    const decoded = tidy(() => {
      const latents = encode(this.#autoencoder, padImages(toUnitImages([image]), this.#autoencoder.downscale))
      return cropImages(decode({ decoder }, latents), height, width)
    })
    const [pixels] = await toPixels(decoded, [name]).finally(() => decoded.dispose())
    if (!pixels) throw new StableSigError('shape', `${name}: the decoder gave no image`)
    return pixels
  }
}
