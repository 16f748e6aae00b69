import type { Detection, Identification, Key, Registry } from '@stablesig/core'
import type { BestReading, KeyDetection, WhiteningConsent } from '@stablesig/core/detection'
import type { Engine } from '../engine/engine.ts'
import type { ReadyOptions } from '../engine/ready.ts'
import type { ImageInput, ReadImageOptions } from '../images/read-image.ts'
import type { OpenExtractorOptions } from '../weights/open-models.ts'
import type { WeightsInput, WeightsProgress } from '../weights/weights-source.ts'
import type { ExtractorFacts, Reading, ReadingProgress, WorkerMemory } from './messages.ts'

/** Weights and how to read them. */
export interface WorkerExtractor extends Omit<OpenExtractorOptions, 'signal' | 'onProgress'> {
  readonly weights: WeightsInput
}

export interface WorkerDetectorOptions extends WhiteningConsent {
  /** The extractor's weights: a URL or a chosen file, or that and how to read them. */
  readonly extractor: WeightsInput | WorkerExtractor
  /** What `detect` looks for. */
  readonly key?: Key
  /** What `detectKeys` looks for. */
  readonly keys?: readonly Key[]
  /** Among whom `identify` looks. It stays in the page: a user that is added later is found from then on. */
  readonly registry?: Registry
  /** Greatest chance that an image which carries no key is flagged: 1e-6. */
  readonly fpr?: number
  /**
   * Longer sides, in pixels, at which each image is read, made smaller, to be decided together: [256, 512, 1024]. A mark is read
   * only near the size at which its picture was made, so one of these is to be within a third of it; the largest is what
   * reading costs. [Infinity] reads an image's own pixels alone.
   */
  readonly sizes?: readonly number[]
  /** How images are decoded: limits, background. */
  readonly image?: Omit<ReadImageOptions, 'name' | 'size' | 'maxSide'>
  /** The worker's engine. */
  readonly engine?: ReadyOptions
  /** What the activations of what is read at once may take: 64 MiB. See `ReadingOptions`. */
  readonly memoryBytes?: number
  /** Called as the extractor's weights come in. */
  readonly onLoading?: (progress: WeightsProgress) => void
  /** Gives up opening; once it is open `close` ends it. */
  readonly signal?: AbortSignal
  /**
   * Makes the worker, where a bundler does not find this package's own: a module worker of
   * '@stablesig/backend-web/detector-worker'.
   */
  readonly worker?: () => Worker
}

export interface WorkerReadOptions {
  /** Gives the image up: at once where it waits, between two sizes or tiles where it is read. */
  readonly signal?: AbortSignal
  /** What errors call the image. Default: a file's own name, else 'image'. */
  readonly name?: string
  /** Called after each size at which the image was read. */
  readonly onProgress?: (progress: ReadingProgress) => void
}

/** A decision and the size at which the image was read for it. */
export type WorkerDecision<D> = D & BestReading & Pick<Reading, 'width' | 'height'>

/** An extractor in a worker of its own. Images are read one after the other; the page only decides. */
export interface WorkerDetector {
  readonly extractor: ExtractorFacts
  /** What computes in the worker, and why. */
  readonly engine: Engine
  /** Does the image carry the key? See `decideBest` of core’s `Decider`. */
  detect(image: ImageInput, options?: WorkerReadOptions): Promise<WorkerDecision<Detection>>
  /** Which of the keys does it carry? One decision a key. */
  detectKeys(image: ImageInput, options?: WorkerReadOptions): Promise<WorkerDecision<KeyDetection>[]>
  /** Whose key does it carry? */
  identify(image: ImageInput, options?: WorkerReadOptions): Promise<WorkerDecision<Identification>>
  /** What the image reads as at each size, from the smallest, to decide on later. */
  read(image: ImageInput, options?: WorkerReadOptions): Promise<readonly Reading[]>
  /** Tensors alive in the worker: between two images always as many. */
  memory(): Promise<WorkerMemory>
  /** Ends the worker at once; what is pending is rejected with 'aborted'. */
  close(): void
}
