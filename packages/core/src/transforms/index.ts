export * from './area.ts'
export * from './codec/compress.ts'
export {
  type ChromaSubsampling,
  type CodecFormat,
  type EncodeOptions,
  type ImageCodec,
  lacksFormat,
} from './codec/image-codec.ts'
export { jpegJsCodec } from './codec/jpeg-js-codec.ts'
export { type JpegTables, jpegTables } from './codec/jpeg-tables.ts'
export { pixelImages, type ToLevel, unitImages } from './codec/pixels.ts'
export { type DifferentiableJpegOptions, differentiableJpeg } from './codec/simulated-jpeg.ts'
export * from './colour/brightness.ts'
export * from './colour/contrast.ts'
export * from './colour/gamma.ts'
export { grayscale } from './colour/grayscale.ts'
export * from './colour/hue.ts'
export * from './colour/saturation.ts'
export { type GaussianBlurOptions, gaussianBlur, type PerAxis } from './filters/gaussian-blur.ts'
export * from './filters/gaussian-noise.ts'
export * from './filters/median-blur.ts'
export * from './filters/sharpness.ts'
export { type Interpolation, resizeTaps, type Taps } from './geometry/axis-taps.ts'
export * from './geometry/crop.ts'
export * from './geometry/flip.ts'
export * from './geometry/perspective.ts'
export { type InterpolationOptions, resize, resizeArea } from './geometry/resize.ts'
export * from './geometry/rotate.ts'
export type { SourceOf, WarpMode } from './geometry/warp.ts'
