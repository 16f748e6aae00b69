export {
  centreSquare,
  crop,
  DEFAULT_LIMITS,
  fitWithin,
  type ImageLimits,
  type Pixels,
  padToMultiple,
  type Region,
  resize,
  toPixels,
  toUnitImages,
} from '@stablesig/images'
export type { BackendOptions } from './engine/backend-options.ts'
export type { Device, Engine } from './engine/choose.ts'
export type { FrozenWeights } from './engine/onnx.ts'
export * from './engine/ready.ts'
export * from './export/onnx-file.ts'
export * from './export/open-decoder.ts'
export * from './files/ahead.ts'
export * from './files/atomic.ts'
export * from './files/checkpoint.ts'
export * from './files/expand.ts'
export * from './files/file-source.ts'
export * from './files/lines.ts'
export * from './files/outputs.ts'
export { cannotRead, cannotWrite, explainSystemError, isSystemError } from './files/system-error.ts'
export * from './files/system-path.ts'
export { isNamedLikeImage } from './images/image-names.ts'
export * from './images/image-set.ts'
export * from './images/pixel-set.ts'
export * from './images/read-image.ts'
export * from './images/read-saved-format.ts'
export * from './images/sharp-codec.ts'
export * from './images/write-png.ts'
export * from './models/config.ts'
export * from './models/open-autoencoder.ts'
export * from './models/open-learned-loss.ts'
export * from './models/open-minter.ts'
export * from './models/open-models.ts'
export * from './models/origin.ts'
export * from './models/weights-path.ts'
export * from './saving/delta-file.ts'
export type { SaveFormat } from './saving/destination.ts'
export * from './saving/minted-files.ts'
export * from './saving/model-card.ts'
export { RoundedDecoder, roundDecoder } from './saving/round-decoder.ts'
export * from './saving/save-decoder.ts'
export { describeOrigin, type SignedOrigin } from './saving/signed-origin.ts'
export * from './saving/signing-header.ts'
export type { SavedDecoder } from './saving/write-signed.ts'
export * from './workers/create-worker-detector.ts'
export * from './workers/worker-detector.ts'
