import type { Detection, Identification, Key, Registry } from '@stablesig/core'
import type { BestReading, KeyDetection, WhiteningConsent } from '@stablesig/core/detection'
import type { ExtractorOptions } from '@stablesig/core/models'
import type { ReadyOptions } from '../engine/ready.ts'
import type { ReadImageOptions } from '../images/read-image.ts'
import type { ExtractorFacts, Reading, WorkerMemory } from './messages.ts'

export type { ExtractorFacts, Reading, WorkerMemory }

export interface WorkerDetectorOptions extends WhiteningConsent {
  /** Path of the extractor's weights, or that and how to read them. */
  readonly extractor: string | ({ readonly path: string } & ExtractorOptions)
  /** What `detect` looks for. */
  readonly key?: Key
  /** What `detectKeys` looks for. */
  readonly keys?: readonly Key[]
  /** Among whom `identify` looks. It stays in this thread: a user that is added later is found from then on. */
  readonly registry?: Registry
  /** Greatest chance that an image which carries no key is flagged: 1e-6. */
  readonly fpr?: number
  /**
   * Longer sides, in pixels, at which each image is read, made smaller, to be decided together: [256, 512, 1024]. A mark is read
   * only near the size at which its picture was made, so one of these is to be within a third of it; the largest is what
   * reading costs. [Infinity] reads an image's own pixels alone. See docs/scanning.md.
   */
  readonly sizes?: readonly number[]
  /** How images are decoded: limits, profile, background. */
  readonly image?: Omit<ReadImageOptions, 'name' | 'size' | 'maxSide'>
  /** The worker's engine. */
  readonly engine?: ReadyOptions
  /** What the activations of what is read at once may take: 64 MiB. See `ReadingOptions`. */
  readonly memoryBytes?: number
  /** Most images that may be pending: 16. One more is rejected at once with 'busy'. Infinity lets all of them wait. */
  readonly maxPending?: number
  /** The file of the worker, where a bundler has moved this package: '@stablesig/backend-node/detector-worker'. */
  readonly workerFile?: string | URL
}

export interface WorkerReadOptions {
  /** Gives the image up: at once while it waits, between two tiles while it is read. */
  readonly signal?: AbortSignal
  /** What errors call an image that is given as bytes. Default 'image'. */
  readonly name?: string
}

/** A decision and the size at which the image was read for it. */
export type WorkerDecision<D> = D & BestReading & Pick<Reading, 'width' | 'height'>

/** An extractor in a thread of its own. Images are files, or files' bytes, and are read one after the other. */
export interface WorkerDetector {
  readonly extractor: ExtractorFacts
  /** Images that wait or are being read. */
  readonly pending: number
  /** Does the image carry the key? See `decideBest` of core’s `Decider`. */
  detect(image: string | Uint8Array, options?: WorkerReadOptions): Promise<WorkerDecision<Detection>>
  /** Which of the keys does it carry? One decision a key. */
  detectKeys(image: string | Uint8Array, options?: WorkerReadOptions): Promise<WorkerDecision<KeyDetection>[]>
  /** Whose key does it carry? */
  identify(image: string | Uint8Array, options?: WorkerReadOptions): Promise<WorkerDecision<Identification>>
  /** What the image reads as at each size, from the smallest, to decide on later. */
  read(image: string | Uint8Array, options?: WorkerReadOptions): Promise<readonly Reading[]>
  /** Tensors alive in the worker: between two images always as many. */
  memory(): Promise<WorkerMemory>
  /**
   * Ends the worker in order: takes no more images, lets those that are pending be decided, frees the extractor, ends the thread.
   * With `{ drain: false }` images that wait are rejected with 'aborted', and the one that is being read stops at its next tile.
   */
  close(options?: { readonly drain?: boolean }): Promise<void>
}
