import type { Tensor4D } from '@tensorflow/tfjs-core'
import { gelu } from '../../ops/activations.ts'
import type { ExtractorNetwork } from '../extractor-network.ts'
import { conv } from '../layers.ts'
import { scope } from '../weights.ts'

/**
 * The HiDDeN extractor's convolutions: 3x3 with BatchNorm, which is folded in, and GELU, all at the image's resolution, as
 * conv{i}.weight [3,3,I,O] and .bias [O]. Each widens by one pixel what a position sees.
 */
export const hiddenNetwork = (convolutions: number, channels: number): ExtractorNetwork => ({
  architecture: 'hidden',
  downscale: 1,
  halo: convolutions,
  // As published.
  margin: 0,
  layers: Array.from({ length: convolutions }, (_, i) => ({ inputs: i ? channels : 3, downscale: 1 })),
  // As measured, about four layers are alive at a time.
  floatsPerPixel: 4 * channels,
  activations(weights, images) {
    const w = scope(weights)
    let x: Tensor4D = images
    for (let i = 0; i < convolutions; i++) x = gelu(conv(w.at(`conv${i}`), x))
    return x
  },
})
