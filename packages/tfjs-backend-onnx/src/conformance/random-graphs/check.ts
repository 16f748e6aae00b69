import * as tf from '@tensorflow/tfjs-core'
import { randomGraph } from './generate.ts'
import { describe } from './graph.ts'
import { type Engine, judge } from './judge.ts'
import { shrink } from './shrink.ts'

/**
 * Computes the graph of a seed on each engine. Null where they agree with tfjs' CPU backend, 'unclear' where rounding decides, and
 * else what differs, in the graph and in the smallest part of it that was found to fail.
 */
export async function checkGraph(seed: number, engines: readonly Engine[]): Promise<string | null> {
  await tf.setBackend('cpu')
  const graph = randomGraph(seed)
  if (graph.steps.length === 0) return 'unclear'
  const verdict = await judge(graph, engines)
  if (verdict === null || verdict === 'unclear') return verdict
  const failing = engines.filter(({ name }) => name === verdict.engine)
  const smallest = await shrink(graph, async (candidate) => {
    const found = await judge(candidate, failing)
    return found !== null && found !== 'unclear'
  })
  const left = await judge(smallest, failing)
  const difference = left !== null && left !== 'unclear' ? left.difference : verdict.difference
  return `graph ${seed} on ${verdict.engine}: ${difference}\n${describe(smallest)}`
}
