import type { DecoderEvaluation, EarlyStopping, FinetuneOptions, FinetuneReport } from '@stablesig/core/training'

/** How a decoder is signed: options of `finetuneDecoder` that are plain values. */
export interface SigningRecipe
  extends Pick<
    FinetuneOptions,
    | 'preset'
    | 'size'
    | 'batchSize'
    | 'steps'
    | 'learningRate'
    | 'warmup'
    | 'temperature'
    | 'attacks'
    | 'lambdaImage'
    | 'seed'
  > {
  /** Stops as soon as the training images, decoded at their size and stored in 8 bits, are as good as asked. */
  readonly earlyStopping?: Pick<
    EarlyStopping,
    'minBitAccuracy' | 'minPsnr' | 'evaluateEvery' | 'evaluateFrom' | 'maxSteps'
  >
}

/** How far a decoder is: training images as they come out of the original decoder, and out of the one that is being signed. */
export interface SigningPreview {
  /** Steps done. */
  readonly step: number
  readonly pictures: readonly { readonly unsigned: ImageData; readonly signed: ImageData }[]
}

/** What a signed decoder is worth on the images that it was trained on, with its weights rounded as the file has them. */
export interface TrainingFigures extends Omit<DecoderEvaluation, 'images'> {
  readonly images: number
  /** Side of the images, in pixels. */
  readonly size: number
}

/** A decoder that carries a key. */
export interface SignedDecoderFile {
  /**
   * Safetensors. Where the autoencoder came as safetensors, its file with the decoder's tensors replaced and every other byte as it
   * was; else the decoder's tensors alone, under their names.
   */
  readonly file: Blob
  /** Of the file, lower-case hex. */
  readonly sha256: string
  readonly figures: TrainingFigures
  readonly report: FinetuneReport
}
