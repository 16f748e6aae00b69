/**
 * Sign a latent decoder, and find out whose picture an image is. Each room has an entry of its own beside this one.
 * @module
 */
import './ops/gradients.ts'

export { decide } from './detection/decide.ts'
export type { Detection, Identification } from './detection/decision.ts'
export { detect } from './detection/detect.ts'
export { createDetector, type DetectorOptions } from './detection/detector.ts'
export { identify } from './detection/identify.ts'
export { readRegistry } from './detection/registry/read-registry.ts'
export { Registry } from './detection/registry/registry.ts'
export { type ErrorCode, StableSigError } from './errors.ts'
export { decode, encode } from './inference/graphs.ts'
export { decodeLatents } from './inference/latents/decode-latents.ts'
export { encodeImages, reconstructImages } from './inference/latents/encode-images.ts'
export type { Autoencoder, LatentDecoder } from './models/autoencoders/autoencoder.ts'
export { loadAutoencoder } from './models/autoencoders/read-autoencoder.ts'
export type { Extractor } from './models/extractor.ts'
export { loadExtractor } from './models/read-extractor.ts'
export { asUnitImages } from './signal/as-unit-images.ts'
export type { UnitImages } from './signal/images.ts'
export { type Key, keyFromBits, keyId, parseKey, randomKey, revealKey } from './signal/key.ts'
export { evaluateDecoder } from './signing/evaluate-decoder.ts'
export { type Finetuned, finetuneDecoder } from './signing/finetune.ts'
export type { FinetuneOptions } from './signing/finetune-options.ts'
export type { FinetuneReport } from './signing/finetune-report.ts'
export type { ImageSet } from './training/image-set.ts'
