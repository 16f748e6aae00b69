import type { ErrorCode } from '@stablesig/core'
import type { ExtractorOptions } from '@stablesig/core/models'
import type { ReadyOptions } from '../engine/ready.ts'
import type { ReadImageOptions } from '../images/read-image.ts'

/** What the worker opens before it takes images. */
export interface WorkerSetup {
  readonly extractor: { readonly path: string; readonly options: ExtractorOptions }
  readonly engine: ReadyOptions
  readonly image: ReadImageOptions
  /** Longer sides, in pixels, at which an image is read, from the smallest; Infinity is its own. */
  readonly sizes: readonly number[]
  readonly memoryBytes: number
  /** One Int32: IDLE or BUSY. See `state.ts`. */
  readonly state: SharedArrayBuffer
}

/** To the worker. Requests come one at a time: the next only after the reply. */
export type WorkerRequest =
  | { readonly type: 'read'; readonly id: number; readonly image: string | Uint8Array; readonly name?: string }
  | { readonly type: 'abort' }
  | { readonly type: 'memory'; readonly id: number }
  | { readonly type: 'close' }

/** From the worker. */
export type WorkerReply =
  | { readonly type: 'opened'; readonly extractor: ExtractorFacts }
  | { readonly type: 'not-opened'; readonly error: ErrorData }
  | { readonly type: 'readings'; readonly id: number; readonly readings: readonly Reading[] }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorData }
  | { readonly type: 'memory'; readonly id: number; readonly memory: WorkerMemory }

/** What an image reads as at one size. */
export interface Reading {
  /** Size in pixels at which it was read. */
  readonly width: number
  readonly height: number
  /** One number a bit. */
  readonly logits: Float32Array
}

/** What the main thread needs to know about the worker's extractor. */
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
