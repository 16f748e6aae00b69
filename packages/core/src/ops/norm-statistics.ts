import type { Tensor5D } from '@tensorflow/tfjs-core'

/** Mean and variance of each group: [1,1,1,G,1]. */
export interface GroupStatistics {
  readonly mean: Tensor5D
  readonly variance: Tensor5D
}

/**
 * Sees what a group norm is about to normalise, x [N,H,W,G,C/G], and says by which statistics; nothing means its own.
 * It is shown the norms of a network in the order in which the network applies them.
 */
export type NormVisitor = (x: Tensor5D) => GroupStatistics | undefined

let visitor: NormVisitor | undefined

/**
 * Runs a network with a visitor at its group norms: how a tile of an image is normalised by the statistics of the whole.
 * Like tidy it holds for what `network` does before it returns, and a network need not know of it.
 */
export function visitNorms<T>(visit: NormVisitor, network: () => T): T {
  const outer = visitor
  visitor = visit
  try {
    return network()
  } finally {
    visitor = outer
  }
}

/** What the visitor of the moment, if any, says of x, which is made only for one. */
export const statisticsFor = (x: () => Tensor5D): GroupStatistics | undefined => visitor?.(x())
