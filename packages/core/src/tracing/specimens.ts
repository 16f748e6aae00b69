import { tidy, transpose } from '@tensorflow/tfjs-core'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { gaussianBlur } from '../transforms/filters/gaussian-blur.ts'
import { TURNS } from './balanced.ts'
import { type Reconstructs, reconstruct } from './reconstruct.ts'

/**
 * Decoys: the same network in another image space. What it makes has the quality and the grid of the decoder's own images and is
 * still none of them, so that no other model is needed to learn what foreign decoders look like. Each is a change that undoes itself.
 */
export const DECOYS = {
  mirrored: TURNS.mirror,
  transposed: (x: UnitImages): UnitImages => asUnit(transpose(x, [0, 2, 1, 3])),
  'channels reversed': TURNS.bgr,
} as const satisfies Readonly<Record<string, (images: UnitImages) => UnitImages>>

/** Standard deviation, in pixels, of the blur of smoothed photographs. */
const SMOOTHING = 1.5

/**
 * Of photographs [N,H,W,3] images that the decoder made and ones that it did not, not yet saved; nothing is read. Photographs alone
 * would make every smooth image and every other decoder's a belonging one.
 */
export function specimens(
  autoencoder: Reconstructs,
  photographs: UnitImages,
): { belonging: UnitImages; foreign: Record<string, UnitImages> } {
  return tidy(() => {
    const decoys = Object.entries(DECOYS).map(([name, turn]): [string, UnitImages] => [
      name,
      turn(reconstruct(autoencoder, turn(photographs))),
    ])
    return {
      belonging: reconstruct(autoencoder, photographs),
      foreign: {
        photographs: asUnit(photographs.clone()),
        smoothed: gaussianBlur(photographs, { sigma: SMOOTHING }),
        ...Object.fromEntries(decoys),
      },
    }
  })
}
