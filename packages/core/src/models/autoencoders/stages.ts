import { type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import type { Weights } from '../../weights/weights.ts'
import type { Stage } from './autoencoder.ts'

/** Runs a network's stages one after the other: x [N,H,W,I] -> [N,H',W',O]. */
export function runStages(stages: readonly Stage[], weights: Weights, x: Tensor4D): Tensor4D {
  return tidy(() => stages.reduce((y, stage) => stage.apply(weights, y), x))
}
