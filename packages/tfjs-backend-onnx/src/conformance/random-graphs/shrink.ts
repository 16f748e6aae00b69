import * as tf from '@tensorflow/tfjs-core'
import { tensorOf } from './builder.ts'
import { pruned, type RandomGraph, type Source, type Step } from './graph.ts'

/**
 * The smallest graph found that still fails: fewer values read, and steps replaced by sources that hold what they made. Each
 * change is kept if `fails` says so.
 */
export async function shrink(
  graph: RandomGraph,
  fails: (graph: RandomGraph) => Promise<boolean>,
): Promise<RandomGraph> {
  let smallest = pruned(graph)
  for (let found = true; found; ) {
    found = false
    for (const candidate of await smaller(smallest)) {
      if (!(await fails(candidate))) continue
      smallest = candidate
      found = true
      break
    }
  }
  return smallest
}

/** Graphs that do less, those that do least first. */
async function smaller(graph: RandomGraph): Promise<RandomGraph[]> {
  const candidates: RandomGraph[] = []
  if (graph.early.length > 0) candidates.push({ ...graph, early: [] })
  if (graph.kept.length > 1) {
    for (const id of graph.kept) candidates.push({ ...graph, kept: [id] })
    for (const id of graph.kept) candidates.push({ ...graph, kept: graph.kept.filter((other) => other !== id) })
  }
  // An earlier value in place of a later one.
  for (const { to } of graph.steps) for (const id of to) candidates.push({ ...graph, kept: [id], early: [] })
  const made = await valuesOf(graph)
  for (const step of [...graph.steps].reverse()) candidates.push(cut(graph, step, made))
  if (graph.disposes) candidates.push({ ...graph, disposes: false })
  const size = ({ steps, sources, kept, early }: RandomGraph) =>
    steps.length + sources.size + kept.length + early.length
  return candidates
    .map(pruned)
    .filter((candidate) => size(candidate) < size(graph) || (graph.disposes && !candidate.disposes))
    .sort((a, b) => size(a) - size(b))
}

/** What a step made becomes a source. */
function cut(graph: RandomGraph, step: Step, made: ReadonlyMap<number, Source>): RandomGraph {
  const sources = new Map(graph.sources)
  for (const id of step.to) sources.set(id, made.get(id)!)
  const kept = graph.kept.filter((id) => !step.to.includes(id))
  return { ...graph, steps: graph.steps.filter((other) => other !== step), sources, kept, early: [] }
}

/** All values of a graph, as sources. */
async function valuesOf({ sources, steps }: RandomGraph): Promise<Map<number, Source>> {
  await tf.setBackend('cpu')
  const found = new Map<number, Source>()
  tf.tidy(() => {
    const tensors = new Map([...sources].map(([id, source]) => [id, tensorOf(source)]))
    for (const { from, to, run } of steps) {
      const made = [run(...from.map((id) => tensors.get(id)!))].flat()
      for (const [i, id] of to.entries()) {
        const { shape, dtype } = made[i]!
        tensors.set(id, made[i]!)
        if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') continue
        found.set(id, { shape, dtype, values: Array.from(made[i]!.dataSync()), kind: 'variable' })
      }
    }
  })
  return found
}
