import type { ExtractorOptions } from '@stablesig/core/models'
import type { FinetuneProgress, HeldOutEvaluation } from '@stablesig/core/training'
import type { Engine } from '../engine/engine.ts'
import type { ReadyOptions } from '../engine/ready.ts'
import type { ReadImageOptions } from '../images/read-image.ts'
import type { SignedDecoderFile, SigningPreview, SigningRecipe } from '../signing/job.ts'
import type { WeightsProgress } from '../weights/weights-source.ts'
import type { ErrorData, ExtractorFacts, WorkerMemory } from './messages.ts'

/** Weights as a worker opens them. */
export interface SentWeights {
  /** A URL as text, whole, or a chosen file. */
  readonly weights: string | Blob
  readonly source: { readonly maxBytes?: number; readonly sha256?: string; readonly cache?: boolean }
}

/** What the worker opens before it signs. */
export interface SignerSetup {
  readonly autoencoder: SentWeights
  readonly extractor: SentWeights & { readonly options: ExtractorOptions }
  readonly engine: ReadyOptions
  readonly image: Pick<ReadImageOptions, 'maxBytes' | 'maxPixels' | 'background'>
}

export interface SentImage {
  readonly image: Blob | Uint8Array | ImageBitmap | ImageData
  readonly name: string
}

/** What is asked of the worker; one after the other. */
export type SignerCall =
  | { readonly type: 'open'; readonly setup: SignerSetup }
  | {
      readonly type: 'sign'
      /** The key's bits, each 0 or 1. */
      readonly bits: Uint8Array
      readonly images: readonly SentImage[]
      readonly recipe: SigningRecipe
      readonly preview: { readonly images: number; readonly every: number }
    }
  | {
      readonly type: 'mark'
      readonly image: SentImage
      readonly resized: Pick<ReadImageOptions, 'size' | 'maxSide'>
    }
  | { readonly type: 'memory' }

/** To the worker. An abort is of the call that has its id. */
export type SignerRequest = (SignerCall | { readonly type: 'abort' }) & { readonly id: number }

/** From the worker: what comes on the way, and one end. */
export type SignerReply = { readonly id: number } & (
  | { readonly type: 'loading'; readonly progress: SigningLoadProgress }
  | { readonly type: 'step'; readonly progress: FinetuneProgress }
  | { readonly type: 'evaluation'; readonly evaluation: HeldOutEvaluation }
  | { readonly type: 'preview'; readonly preview: SigningPreview }
  | { readonly type: 'opened'; readonly extractor: ExtractorFacts; readonly engine: Engine }
  | { readonly type: 'signed'; readonly signed: SignedDecoderFile }
  | { readonly type: 'marked'; readonly image: ImageData }
  | { readonly type: 'memory'; readonly memory: WorkerMemory }
  | { readonly type: 'failed'; readonly error: ErrorData }
)

/** How far the weights of one of the models have come. */
export interface SigningLoadProgress extends WeightsProgress {
  readonly model: 'autoencoder' | 'extractor'
}
