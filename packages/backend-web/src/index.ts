/**
 * StableSig in browsers: the engine, images, weights, workers that detect and sign.
 * @module
 */
export {
  centreSquare,
  crop,
  fitWithin,
  type ImageLimits,
  type Pixels,
  padToMultiple,
  resize,
  toPixels,
  toUnitImages,
} from '@stablesig/images'
export { DEVICES, type Device, type Engine, type PassedOver } from './engine/engine.ts'
export * from './engine/ready.ts'
export type { WasmOptions } from './engine/wasm.ts'
export type { Background } from './images/flattened.ts'
export type { Picture } from './images/picture.ts'
export { type ImageInput, type ReadImageOptions, readImage } from './images/read-image.ts'
export type { SignedDecoderFile, SigningPreview, SigningRecipe, TrainingFigures } from './signing/job.ts'
export { sha256Of } from './weights/hash.ts'
export * from './weights/open-models.ts'
export { clearWeightsStore } from './weights/store.ts'
export * from './weights/weights-source.ts'
export { createWorkerDetector } from './workers/create-worker-detector.ts'
export { createWorkerSigner } from './workers/create-worker-signer.ts'
export type { ExtractorFacts, Reading, ReadingProgress, WorkerMemory } from './workers/messages.ts'
export type { SigningLoadProgress } from './workers/signer-messages.ts'
export * from './workers/worker-detector.ts'
export * from './workers/worker-signer.ts'
