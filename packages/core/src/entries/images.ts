/**
 * Images by the range of their values, from one to another and to 8 bits.
 * @module
 */
export { asUnitImages } from '../signal/as-unit-images.ts'
export { bytesToUnit, unitToBytes } from '../signal/bytes.ts'
export {
  IMAGENET_MEAN,
  IMAGENET_STD,
  type ImageNetImages,
  type Images,
  imageNetToUnit,
  type SignedImages,
  signedToUnit,
  type UnitImage,
  type UnitImages,
  unitToImageNet,
  unitToSigned,
} from '../signal/images.ts'
export type { PixelImage } from '../signal/pixel-image.ts'
