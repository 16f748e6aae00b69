import type { Tensor5D } from '@tensorflow/tfjs-core'

/** Mean and variance of each group: [1,1,1,G,1]. */
export interface GroupStatistics {
  readonly mean: Tensor5D
  readonly variance: Tensor5D
}

/**
 * Whose statistics a network's group norms use: a tile of an image is normalised by those of the whole image. It is passed along
 * to every norm of the network, in the order in which the network applies them.
 */
export interface NormContext {
  /** What to normalise x [N,H,W,G,C/G] by; undefined means its own statistics. */
  statisticsFor(x: Tensor5D): GroupStatistics | undefined
}
