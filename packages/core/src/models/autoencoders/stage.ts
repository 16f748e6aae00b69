import type { Tensor4D } from '@tensorflow/tfjs-core'
import type { Weights } from '../../weights/weights.ts'

/**
 * A piece of a network. A network is its stages one after the other; what is too large to be computed at once is computed
 * stage by stage, each in tiles (`signing/tiles`).
 */
export interface Stage {
  /** x [N,H,W,I] -> [N,H·scale,W·scale,out]. Only values of group norms and `whole` stages depend on all of x. */
  apply(weights: Weights, x: Tensor4D): Tensor4D
  /** Sides of what it gives as a multiple of what it takes: a whole number, or one over it. */
  readonly scale: number
  /** Whether each position depends on all others, as with attention: then it is never cut. */
  readonly whole: boolean
  /** How far a position of what it gives sees to each side, in positions of its coarser end. */
  readonly reach: number
  /** Channels of what it gives. */
  readonly out: number
  /** Floats that a position of its finer end takes at the widest place: what its memory is estimated by. */
  readonly widest: number
}

/** Stages one after the other: x [N,H,W,I] -> [N,H·s,W·s,O]. */
export const applyStages = (stages: readonly Stage[], weights: Weights, x: Tensor4D): Tensor4D =>
  stages.reduce((y, stage) => stage.apply(weights, y), x)
