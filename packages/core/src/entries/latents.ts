/**
 * Latents between files, programs and autoencoders: scalings, tiled encoding and decoding, known generators.
 * @module
 */
export { type DecodeLatentsOptions, decodeLatents } from '../inference/latents/decode-latents.ts'
export { type EncodeImagesOptions, encodeImages, reconstructImages } from '../inference/latents/encode-images.ts'
export {
  eachLatent,
  type LatentArray,
  type LatentShape,
  latentArray,
  latentTensor,
  readLatents,
} from '../inference/latents/latent-array.ts'
export { cropImages, padImages } from '../inference/tiling/padding.ts'
export { decodeTiled, encodeTiled, momentsTiled } from '../inference/tiling/tiled.ts'
export type { TileOptions, TileProgress } from '../inference/tiling/tiles.ts'
export {
  deviation,
  encodeDistribution,
  gaussian,
  klDivergence,
  type LatentDistribution,
  sampleLatents,
} from '../models/autoencoders/gaussian.ts'
export { GENERATORS, type Generator } from '../models/autoencoders/generators.ts'
export { latentScaling } from '../models/autoencoders/known-latents.ts'
export { bytesToLatents, latentsToBytes, latentsToUnit } from '../models/autoencoders/latent-bytes.ts'
export {
  affineScaling,
  batchNormScaling,
  channelScaling,
  FLUX2_EPSILON,
  type LatentScaling,
  shuffle2,
  unknownScaling,
  unshuffle2,
} from '../models/autoencoders/latents.ts'
