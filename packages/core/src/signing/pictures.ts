import { type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { extractLogits } from '../inference/graphs.ts'
import { toBytes } from '../metrics/psnr.ts'
import type { Extractor } from '../models/hidden/extractor.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'

/** A decoded image as it would be stored: 8 bits a value, and its shape [1,H,W,3]. */
export interface Picture {
  readonly bytes: Uint8Array
  readonly shape: [number, number, number, number]
}

/** What of a unit image survives storing it. */
export async function pictureOf(image: Tensor4D): Promise<Picture> {
  return { bytes: toBytes(await image.data<'float32'>()), shape: image.shape }
}

/** Logits [bits] that the extractor reads from a stored picture, after `attack` where there is one. */
export async function logitsOf(
  extractor: Extractor,
  { bytes, shape }: Picture,
  attack?: (image: UnitImages) => UnitImages,
): Promise<Float32Array> {
  const logits = tidy(() => {
    const unit = asUnit(
      tensor4d(
        Float32Array.from(bytes, (value) => value / 255),
        shape,
      ),
    )
    return extractLogits(extractor, attack ? attack(unit) : unit)
  })
  return logits.data<'float32'>().finally(() => logits.dispose())
}
