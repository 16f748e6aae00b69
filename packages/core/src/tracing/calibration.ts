import type { ChromaSubsampling } from '../transforms/codec/image-codec.ts'

/** How images were saved: 'png' stands for all that keeps 8-bit values. */
export type SavedFormat =
  | { readonly format: 'png' }
  | {
      readonly format: 'jpeg'
      /** 1..100 */
      readonly quality: number
      /** Default '4:2:0', as most programs write it. */
      readonly subsampling?: ChromaSubsampling
    }

/** Scores of one method for images of one size saved in one way. */
export interface CalibrationSet {
  readonly saved: SavedFormat
  /** As `tracingMethod` reads it. */
  readonly method: string
  /** Of the images, in pixels. */
  readonly height: number
  readonly width: number
  /** Of images that the decoder made. */
  readonly belonging: readonly number[]
  /** Of others, by class: 'photographs', 'smoothed', decoy decoders, and what the caller added. */
  readonly foreign: Readonly<Record<string, readonly number[]>>
}

/** What the scores of one autoencoder's images, and of others, look like: what p-values of new images rest on. */
export interface TracerCalibration {
  readonly autoencoder: {
    /** `autoencoderHash` */
    readonly hash: string
    readonly family: string
    readonly downscale: number
  }
  readonly sets: readonly CalibrationSet[]
}

/** 'png', 'jpeg:90', 'jpeg:90 4:4:4'. */
export const spellSaved = (saved: SavedFormat): string =>
  saved.format === 'png' ? 'png' : `jpeg:${saved.quality}${saved.subsampling === '4:4:4' ? ' 4:4:4' : ''}`
