import { add, div, mul, sub, type Tensor3D, type Tensor4D, tensor1d, tidy } from '@tensorflow/tfjs-core'

declare const range: unique symbol

/** RGB images [N, H, W, 3] with values in [0, 1]. What leaves a decoder may overshoot; nothing clamps it silently.
 * What reads images makes them (`toUnitImages` of backend-node, `decode`); `asUnitImages` looks at a tensor of another origin. */
export type UnitImages = Tensor4D & { readonly [range]: 'unit' }
/** One RGB image [H, W, 3] with values in [0, 1]. */
export type UnitImage = Tensor3D & { readonly [range]: 'unit' }
/** RGB images [N, H, W, 3] with values in [-1, 1]: what latent autoencoders of the KL family work on. */
export type SignedImages = Tensor4D & { readonly [range]: 'signed' }
/** RGB images [N, H, W, 3], each channel less ImageNet's mean and divided by its deviation: what extractors read. */
export type ImageNetImages = Tensor4D & { readonly [range]: 'imagenet' }

/** Images of any of these ranges. */
export type Images = UnitImages | SignedImages | ImageNetImages

/** Per-channel mean and deviation of ImageNet on [0, 1] images, R, G, B. */
export const IMAGENET_MEAN: readonly number[] = [0.485, 0.456, 0.406]
export const IMAGENET_STD: readonly number[] = [0.229, 0.224, 0.225]

/** How bright R, G and B are: their weights in the luminance of television (BT.601). */
export const LUMINANCE: readonly number[] = [0.299, 0.587, 0.114]

/** Says that the values of `images` are in [0, 1]; nothing is checked or changed. What comes from outside is checked: `asUnitImages`. */
export const asUnit = (images: Tensor4D): UnitImages => images as UnitImages
/** Says that the values of `images` are in [-1, 1]; nothing is checked or changed. */
export const asSigned = (images: Tensor4D): SignedImages => images as SignedImages

/** Says that `images` have been normalised by ImageNet's mean and standard deviation; nothing is checked or changed. */
export const asImageNet = (images: Tensor4D): ImageNetImages => images as ImageNetImages

/** [0, 1] -> [-1, 1]: 2x - 1. */
export const unitToSigned = (images: UnitImages): SignedImages => tidy(() => asSigned(sub(mul(images, 2), 1)))

/** [-1, 1] -> [0, 1]: (x + 1) / 2. */
export const signedToUnit = (images: SignedImages): UnitImages => tidy(() => asUnit(div(add(images, 1), 2)))

/** [0, 1] -> ImageNet's normalised range: (x - mean) / std, channel by channel, as one scale and one shift. */
export const unitToImageNet = (images: UnitImages): ImageNetImages =>
  tidy(() => {
    const scale = tensor1d(IMAGENET_STD.map((std) => 1 / std))
    const shift = tensor1d(IMAGENET_MEAN.map((mean, i) => -mean / IMAGENET_STD[i]!))
    return add(mul(images, scale), shift) as ImageNetImages
  })

/** ImageNet's normalised range -> [0, 1]: x * std + mean, channel by channel. */
export const imageNetToUnit = (images: ImageNetImages): UnitImages =>
  tidy(() => asUnit(add(mul(images, tensor1d([...IMAGENET_STD])), tensor1d([...IMAGENET_MEAN]))))
