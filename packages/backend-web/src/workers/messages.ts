import type { ErrorCode } from '@stablesig/core'
import type { ExtractorOptions } from '@stablesig/core/models'
import type { Engine } from '../engine/engine.ts'
import type { ReadyOptions } from '../engine/ready.ts'
import type { ReadImageOptions } from '../images/read-image.ts'
import type { WeightsProgress } from '../weights/weights-source.ts'

/** To a worker. Without a call it is an abort, of the call that has its id. */
export interface Request<Call> {
  readonly id: number
  readonly call?: Call
}

/** From a worker: what comes on a call's way, and one end. */
export interface Reply<Answer> {
  readonly id: number
  readonly answer: Answer | { readonly type: 'failed'; readonly error: ErrorData }
}

/** Weights as a worker opens them. */
export interface SentWeights {
  /** A URL as text, whole, or a chosen file. */
  readonly weights: string | Blob
  readonly source: { readonly maxBytes?: number; readonly sha256?: string; readonly cache?: boolean }
}

export interface SentExtractor extends SentWeights {
  readonly options: ExtractorOptions
}

export interface SentImage {
  readonly image: Blob | Uint8Array | ImageBitmap | ImageData
  readonly name: string
}

/** What the detector's worker opens before it takes images. */
export interface DetectorSetup {
  readonly extractor: SentExtractor
  readonly engine: ReadyOptions
  readonly image: ReadImageOptions
  /** Longer sides, in pixels, at which an image is read, from the smallest; Infinity is its own. */
  readonly sizes: readonly number[]
  readonly memoryBytes: number
}

/** What is asked of the detector's worker; one after the other. */
export type DetectorCall =
  | { readonly type: 'open'; readonly setup: DetectorSetup }
  | ({ readonly type: 'read' } & SentImage)
  | { readonly type: 'memory' }

export type DetectorAnswer =
  | { readonly type: 'loading'; readonly progress: WeightsProgress }
  | { readonly type: 'opened'; readonly extractor: ExtractorFacts; readonly engine: Engine }
  | { readonly type: 'progress'; readonly progress: ReadingProgress }
  | { readonly type: 'readings'; readonly readings: readonly Reading[] }
  | { readonly type: 'memory'; readonly memory: WorkerMemory }

/** What an image reads as at one size. */
export interface Reading {
  /** Size in pixels at which it was read. */
  readonly width: number
  readonly height: number
  /** One number a bit. */
  readonly logits: Float32Array
}

/** How far the reading of an image is. */
export interface ReadingProgress {
  /** Sizes at which it has been read, of `of`. */
  readonly sizes: number
  readonly of: number
}

/** What the page needs to know about the worker's extractor. */
export interface ExtractorFacts {
  /** Length of the keys it reads. */
  readonly bits: number
  readonly whitened: boolean
}

/** Tensors alive in the worker. */
export interface WorkerMemory {
  readonly tensors: number
  readonly tensorBytes: number
}

/** An error as it crosses threads: structured cloning would drop its class and code. */
export interface ErrorData {
  /** Absent where the error is not one of this library's. */
  readonly code?: ErrorCode
  readonly message: string
}
