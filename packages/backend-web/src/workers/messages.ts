import type { ErrorCode } from '@stablesig/core'
import type { ExtractorOptions } from '@stablesig/core/models'
import type { Engine } from '../engine/engine.ts'
import type { ReadyOptions } from '../engine/ready.ts'
import type { ReadImageOptions } from '../images/read-image.ts'
import type { WeightsProgress } from '../weights/weights-source.ts'

/** What the worker opens before it takes images. */
export interface WorkerSetup {
  readonly extractor: {
    /** A URL as text, whole, or a chosen file. */
    readonly weights: string | Blob
    readonly options: ExtractorOptions
    readonly source: { readonly maxBytes?: number; readonly sha256?: string; readonly cache?: boolean }
  }
  readonly engine: ReadyOptions
  readonly image: ReadImageOptions
  /** Longer sides, in pixels, at which an image is read, from the smallest; Infinity is its own. */
  readonly sizes: readonly number[]
  readonly memoryBytes: number
}

/** To the worker. */
export type WorkerRequest =
  | { readonly type: 'open'; readonly setup: WorkerSetup }
  | {
      readonly type: 'read'
      readonly id: number
      readonly image: Blob | Uint8Array | ImageBitmap | ImageData
      readonly name: string
    }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'memory'; readonly id: number }

/** From the worker. */
export type WorkerReply =
  | { readonly type: 'loading'; readonly progress: WeightsProgress }
  | { readonly type: 'opened'; readonly extractor: ExtractorFacts; readonly engine: Engine }
  | { readonly type: 'not-opened'; readonly error: ErrorData }
  | { readonly type: 'progress'; readonly id: number; readonly progress: ReadingProgress }
  | { readonly type: 'readings'; readonly id: number; readonly readings: readonly Reading[] }
  | { readonly type: 'memory'; readonly id: number; readonly memory: WorkerMemory }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorData }

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
