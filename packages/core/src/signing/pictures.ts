import { type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { extractLogits } from '../inference/graphs.ts'
import { ssim } from '../metrics/ssim.ts'
import type { Extractor } from '../models/extractor.ts'
import { bytesToUnit, unitToBytes } from '../signal/bytes.ts'
import type { UnitImages } from '../signal/images.ts'

/** A decoded image as it would be stored: 8 bits a value, and its shape [1,H,W,3]. */
export interface Picture {
  readonly bytes: Uint8Array
  readonly shape: [number, number, number, number]
}

/**
 * What of a unit image survives storing it.
 * @throws StableSigError 'not-finite' by that name: a decoder that gives NaN makes no picture, and not a black one
 */
export async function pictureOf(image: Tensor4D, name: string): Promise<Picture> {
  return { bytes: unitToBytes(await image.data<'float32'>(), { name }), shape: image.shape }
}

/** Side of SSIM's window: below it an image has no such figure. */
const SSIM_SIDE = 7

/** SSIM of two stored pictures of one size, as tables of the field have it (7x7 uniform, 8 bits); NaN below 7 pixels. */
export async function similarityOf(a: Picture, b: Picture): Promise<number> {
  if (Math.min(a.shape[1], a.shape[2]) < SSIM_SIDE) return Number.NaN
  const value = tidy(() => ssim(bytesToUnit(a.bytes, a.shape), bytesToUnit(b.bytes, b.shape), { window: 'uniform' }))
  const [similarity = Number.NaN] = await value.data<'float32'>().finally(() => value.dispose())
  return similarity
}

/** Logits [bits] that the extractor reads from a stored picture, after `attack` where there is one. */
export async function logitsOf(
  extractor: Extractor,
  { bytes, shape }: Picture,
  attack?: (image: UnitImages) => UnitImages,
): Promise<Float32Array> {
  const logits = tidy(() => {
    const unit = bytesToUnit(bytes, shape)
    return extractLogits(extractor, attack ? attack(unit) : unit)
  })
  return logits.data<'float32'>().finally(() => logits.dispose())
}
