import { add, type Tensor1D } from '@tensorflow/tfjs-core'
import type { ExtractorNetwork } from '../extractor-network.ts'
import { scope } from '../weights.ts'
import { LIGHT_MARGIN, lightActivations, lightLayers } from './network.ts'

/**
 * How far a position at an eighth of the resolution sees: a pixel for each convolution and one and a half for each blur, at their
 * resolutions, is 50; whole positions are 8 pixels.
 */
const HALO = 56

/** Pixels a side for a position that a layer reads. */
const downscaleOf = (layer: string): number =>
  layer === 'full' ? 1 : layer === 'half' ? 2 : layer.startsWith('eighth') ? 8 : 4

/** The light extractor's convolutions, with their norms folded in. */
export const lightNetwork = (widths: readonly [number, number, number]): ExtractorNetwork => ({
  architecture: 'light',
  downscale: 8,
  halo: HALO,
  margin: LIGHT_MARGIN,
  layers: lightLayers(widths).map(({ name, inputs }) => ({ inputs, downscale: downscaleOf(name) })),
  // The first layer's activations, before and after, and what is blurred of them.
  floatsPerPixel: 3 * widths[0],
  activations(weights, images) {
    const w = scope(weights)
    return lightActivations(weights, images, (layer, x) => add(x, w.at(layer).tensor<Tensor1D>('bias')))
  },
})
