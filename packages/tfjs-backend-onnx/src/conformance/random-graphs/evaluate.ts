import * as tf from '@tensorflow/tfjs-core'
import { numbers } from '../case.ts'
import { tensorOf } from './builder.ts'
import type { RandomGraph, Source } from './graph.ts'

/** A tensor as it was read. */
export interface Result {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: string
  readonly values: Float32Array | Int32Array | Uint8Array
}

/** What an engine may be told of a tensor that never changes. */
export type MarkConstant = (tensor: tf.Tensor) => void

/** Computes a graph on the backend that is selected: what it reads, then the gradients with the values that they share work with. */
export async function evaluate(graph: RandomGraph, markConstant: MarkConstant = () => {}): Promise<Result[]> {
  return [...(await forward(graph, markConstant)), ...(await gradients(graph, markConstant))]
}

/** Steps one after the other, some values read on the way, and disposed of when nobody needs them. */
async function forward(graph: RandomGraph, markConstant: MarkConstant): Promise<Result[]> {
  const { steps, kept, early, disposes } = graph
  const values = sourcesOf(graph, markConstant)
  const results: Result[] = []
  const lastUse = new Map<number, number>()
  steps.forEach(({ from, to }, at) => {
    for (const id of [...from, ...to]) lastUse.set(id, at)
  })
  for (const [at, { from, to, run }] of steps.entries()) {
    const made = [tf.tidy(() => run(...from.map((id) => values.get(id)!)))].flat()
    to.forEach((id, i) => void values.set(id, made[i]!))
    for (const id of early) if (to.includes(id)) results.push(await read(`${id} when made`, values.get(id)!))
    if (!disposes) continue
    for (const id of new Set([...from, ...to])) {
      if (lastUse.get(id) !== at || kept.includes(id)) continue
      values.get(id)!.dispose()
      values.delete(id)
    }
  }
  const wanted = kept.map((id): [string, tf.Tensor] => [`${id}`, values.get(id)!])
  results.push(...(await readAll(wanted, graph.together)))
  tf.dispose([...values.values()])
  return results
}

/** Gradients of a loss that sees every element of all floats that are kept, beside the loss and these. */
async function gradients(graph: RandomGraph, markConstant: MarkConstant): Promise<Result[]> {
  const variables = [...graph.sources].filter(([, source]) => isVariable(source)).map(([id]) => id)
  if (variables.length === 0) return []
  const wanted = tf.tidy(() => {
    const sources = sourcesOf(graph, markConstant)
    const seen: [string, tf.Tensor][] = []
    const loss = (...inputs: tf.Tensor[]): tf.Scalar => {
      const values = new Map(sources)
      variables.forEach((id, i) => void values.set(id, inputs[i]!))
      for (const { from, to, run } of graph.steps) {
        const made = [run(...from.map((id) => values.get(id)!))].flat()
        to.forEach((id, i) => void values.set(id, made[i]!))
      }
      for (const id of graph.kept) seen.push([`${id} beside gradients`, tf.keep(values.get(id)!)])
      // Variables take part themselves: then each has a gradient.
      const terms = [...graph.kept.map((id) => values.get(id)!), ...inputs].filter(({ dtype }) => dtype === 'float32')
      return tf.addN(terms.map(weighted))
    }
    const { value, grads } = tf.valueAndGrads(loss)(variables.map((id) => sources.get(id)!))
    const made: [string, tf.Tensor][] = grads.map((grad, i) => [`gradient of ${variables[i]}`, tf.keep(grad)])
    return [['loss', tf.keep(value)] as [string, tf.Tensor], ...made, ...seen]
  })
  const results = await readAll(wanted, graph.together)
  tf.dispose(wanted.map(([, tensor]) => tensor))
  return results
}

const isVariable = ({ kind, dtype }: Source): boolean => kind === 'variable' && dtype === 'float32'

/** The sum of all elements, each with a weight of its own. */
function weighted(x: tf.Tensor): tf.Scalar {
  const weights = tf.tensor(numbers(x.size, -1, 1, 77), x.shape)
  return tf.sum(tf.mul(x, weights))
}

function sourcesOf({ sources }: RandomGraph, markConstant: MarkConstant): Map<number, tf.Tensor> {
  return new Map(
    [...sources].map(([id, source]) => {
      const tensor = tensorOf(source)
      if (source.kind === 'constant') markConstant(tensor)
      return [id, tensor]
    }),
  )
}

async function readAll(wanted: readonly (readonly [string, tf.Tensor])[], together: boolean): Promise<Result[]> {
  if (together) return Promise.all(wanted.map(([name, tensor]) => read(name, tensor)))
  const results: Result[] = []
  for (const [name, tensor] of wanted) results.push(await read(name, tensor))
  return results
}

async function read(name: string, tensor: tf.Tensor): Promise<Result> {
  return { name, shape: tensor.shape, dtype: tensor.dtype, values: (await tensor.data()).slice() }
}
