import type { Key } from '@stablesig/core'
import type { FinetuneProgress, HeldOutEvaluation } from '@stablesig/core/training'
import type { Engine } from '../engine/engine.ts'
import type { ReadyOptions } from '../engine/ready.ts'
import type { ImageInput, ReadImageOptions } from '../images/read-image.ts'
import type { SignedDecoderFile, SigningPreview, SigningRecipe } from '../signing/job.ts'
import type { WeightsInput } from '../weights/weights-source.ts'
import type { ExtractorFacts, WorkerMemory } from './messages.ts'
import type { SigningLoadProgress } from './signer-messages.ts'
import type { WorkerExtractor } from './worker-detector.ts'

export interface WorkerSignerOptions {
  /** The autoencoder whose decoder is signed, both halves in one file: a URL or a chosen file, or that and how to read it. */
  readonly autoencoder: WeightsInput | Omit<WorkerExtractor, 'redundancy'>
  /** The extractor that is to read the key. */
  readonly extractor: WeightsInput | WorkerExtractor
  /** How images are decoded: limits, background. */
  readonly image?: Pick<ReadImageOptions, 'maxBytes' | 'maxPixels' | 'background'>
  /** The worker's engine. Of plain JavaScript ('cpu') do not expect to see the end. */
  readonly engine?: ReadyOptions
  /** Called as weights come in. */
  readonly onLoading?: (progress: SigningLoadProgress) => void
  /** Gives up opening; once it is open `close` ends it. */
  readonly signal?: AbortSignal
  /**
   * Makes the worker, where a bundler does not find this package's own: a module worker of '@stablesig/backend-web/signer-worker'.
   */
  readonly worker?: () => Worker
}

export interface WorkerSignOptions extends SigningRecipe {
  /** As many bits as the extractor reads. It goes to the worker, and no further. */
  readonly key: Key
  /** Photographs to train on, of which the centre square is taken. */
  readonly images: readonly ImageInput[]
  /** What is shown while it runs: the first so many images, after every so many steps. Default 3, every 5. */
  readonly preview?: { readonly images?: number; readonly every?: number }
  /** Called after each step. */
  readonly onStep?: (progress: FinetuneProgress) => void
  /** Called after each evaluation of `earlyStopping`. */
  readonly onEvaluation?: (evaluation: HeldOutEvaluation) => void
  readonly onPreview?: (preview: SigningPreview) => void
  /** Gives it up: the promise is rejected at once, and the worker stops after the step that it is at. */
  readonly signal?: AbortSignal
}

export interface MarkOptions extends Pick<ReadImageOptions, 'name' | 'size'> {
  /** Pixels of the longer side: a larger image is made smaller. Default 512; not beside `size`. */
  readonly maxSide?: number
  readonly signal?: AbortSignal
}

/** An autoencoder and an extractor in a worker of their own, which signs decoders one after the other. */
export interface WorkerSigner {
  readonly extractor: ExtractorFacts
  /** What computes in the worker, and why. */
  readonly engine: Engine
  /**
   * Fine-tunes the decoder until what it decodes carries the key: `finetuneDecoder`, in the worker.
   * @throws StableSigError as `finetuneDecoder` and `readImage`; 'aborted'
   */
  sign(options: WorkerSignOptions): Promise<SignedDecoderFile>
  /**
   * An image through the encoder and the decoder that was signed last: how it looks with the mark in it.
   * @throws StableSigError as `readImage`; 'bad-argument' where no decoder has been signed
   */
  mark(image: ImageInput, options?: MarkOptions): Promise<ImageData>
  /** Tensors alive in the worker. Between two calls: those of the models, and once one was signed of that decoder. */
  memory(): Promise<WorkerMemory>
  /** Ends the worker at once; what is pending is rejected with 'aborted'. */
  close(): void
}
