import { type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { asSigned, signedToUnit } from '../../signal/images.ts'
import type { LatentDecoder, Stage } from './autoencoder.ts'
import { quantiseStraightThrough } from './quantise.ts'

/** All that a decoder does, as stages: a VQ decoder's nearest code first, its own stages, and the image's range last. */
export function decoderStages({ family, stages, quantiser }: LatentDecoder): readonly Stage[] {
  const codes = quantiser && pointwise('quantise', (x) => quantiseStraightThrough(x, quantiser.codebook))
  const range = family === 'tiny' ? undefined : pointwise('range', (x) => signedToUnit(asSigned(x)))
  return [...(codes ? [codes] : []), ...stages, ...(range ? [range] : [])]
}

/** A stage without weights in which each position is its own. */
export const pointwise = (name: string, apply: (x: Tensor4D) => Tensor4D): Stage => ({
  name,
  weights: [],
  scale: 1,
  apply: (_, x) => tidy(() => apply(x)),
})
