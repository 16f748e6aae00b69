/**
 * Pictures of 8 bits: resizing as Pillow does it, the structure of files, to tensors and back. Knows no platform and decodes nothing.
 * @module
 */
export * from './decode-error.ts'
export * from './fit-within.ts'
export * from './header-size.ts'
export * from './limits.ts'
export * from './pixels.ts'
export * from './resize.ts'
export * from './signature.ts'
export { Fault } from './structure/fault.ts'
export { type Quantisation, readQuantisation } from './structure/jpeg-quantisation.ts'
export * from './structure/structure.ts'
export { hasOtherChannel, isJpegTiff } from './structure/tiff.ts'
export { isLosslessWebp } from './structure/webp.ts'
export * from './tensors.ts'
export * from './without-profile.ts'
