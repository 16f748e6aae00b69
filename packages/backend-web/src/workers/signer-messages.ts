import type { FinetuneProgress, HeldOutEvaluation } from '@stablesig/core/training'
import type { Engine } from '../engine/engine.ts'
import type { ReadyOptions } from '../engine/ready.ts'
import type { ReadImageOptions } from '../images/read-image.ts'
import type { SignedDecoderFile, SigningPreview, SigningRecipe } from '../signing/job.ts'
import type { WeightsProgress } from '../weights/weights-source.ts'
import type { ExtractorFacts, SentExtractor, SentImage, SentWeights, WorkerMemory } from './messages.ts'

/** What the signer's worker opens before it signs. */
export interface SignerSetup {
  readonly autoencoder: SentWeights
  readonly extractor: SentExtractor
  readonly engine: ReadyOptions
  readonly image: Pick<ReadImageOptions, 'maxBytes' | 'maxPixels' | 'background'>
}

/** What is asked of the signer's worker; one after the other. */
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

export type SignerAnswer =
  | { readonly type: 'loading'; readonly progress: SigningLoadProgress }
  | { readonly type: 'step'; readonly progress: FinetuneProgress }
  | { readonly type: 'evaluation'; readonly evaluation: HeldOutEvaluation }
  | { readonly type: 'preview'; readonly preview: SigningPreview }
  | { readonly type: 'opened'; readonly extractor: ExtractorFacts; readonly engine: Engine }
  | { readonly type: 'signed'; readonly signed: SignedDecoderFile }
  | { readonly type: 'marked'; readonly image: ImageData }
  | { readonly type: 'memory'; readonly memory: WorkerMemory }

/** How far the weights of one of the models have come. */
export interface SigningLoadProgress extends WeightsProgress {
  readonly model: 'autoencoder' | 'extractor'
}
