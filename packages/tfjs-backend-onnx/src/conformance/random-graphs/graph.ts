import type { Tensor } from '@tensorflow/tfjs-core'

export type Dtype = 'float32' | 'int32' | 'bool'

/** A tensor that a graph begins with. */
export interface Source {
  readonly shape: readonly number[]
  readonly dtype: Dtype
  readonly values: readonly number[]
  /** Variables get a gradient; constants are marked as such for an engine that compiles them in. */
  readonly kind: 'variable' | 'constant'
}

/** An operation of a graph: reads values by number, and makes further ones. */
export interface Step {
  /** The operation and its parameters, for people. */
  readonly text: string
  readonly from: readonly number[]
  readonly to: readonly number[]
  readonly run: (...inputs: Tensor[]) => Tensor | Tensor[]
}

/** A program of tfjs operations that a seed has made. Values have numbers: sources and what steps make of them. */
export interface RandomGraph {
  readonly seed: number
  readonly sources: ReadonlyMap<number, Source>
  readonly steps: readonly Step[]
  /** What is read at the end; the floats among them are what is differentiated. */
  readonly kept: readonly number[]
  /** What is read as soon as it is made, while the rest is still pending. */
  readonly early: readonly number[]
  /** Values are disposed of after their last use. */
  readonly disposes: boolean
  /** All results are asked for at once, or one after the other. */
  readonly together: boolean
}

/** The graph without what nothing that is read needs. */
export function pruned(graph: RandomGraph): RandomGraph {
  const needed = new Set([...graph.kept, ...graph.early])
  const steps = [...graph.steps]
    .reverse()
    .filter(({ from, to }) => {
      if (!to.some((id) => needed.has(id))) return false
      for (const id of from) needed.add(id)
      return true
    })
    .reverse()
  return { ...graph, steps, sources: new Map([...graph.sources].filter(([id]) => needed.has(id))) }
}

/** The graph as lines for people, values of its sources included where they are few. */
export function describe({ sources, steps, kept, early, disposes, together }: RandomGraph): string {
  const lines = [...sources].map(([id, { kind, dtype, shape, values }]) => {
    const shown = values.length > 32 ? [...values.slice(0, 32), '…'] : values
    return `${id} = ${kind} ${dtype} [${shape}] ${shown.join(' ')}`
  })
  for (const { text, from, to } of steps) lines.push(`${to} = ${text} of ${from}`)
  if (early.length > 0) lines.push(`read when made: ${early}`)
  lines.push(`read at the end, ${together ? 'at once' : 'one after the other'}: ${kept}`)
  if (disposes) lines.push('disposed of after the last use')
  return lines.map((line) => `  ${line}`).join('\n')
}
