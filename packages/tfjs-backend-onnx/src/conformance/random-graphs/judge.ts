import * as tf from '@tensorflow/tfjs-core'
import { evaluate, type MarkConstant, type Result } from './evaluate.ts'
import type { RandomGraph, Source } from './graph.ts'
import { Random } from './random.ts'

/** An engine by its name in tfjs. */
export interface Engine {
  readonly name: string
  readonly markConstant?: MarkConstant
}

/** How far engines may be apart, absolutely and relatively, where nothing amplifies their rounding. */
const TOLERANCE = 1e-4
/** Changes of the sources that show how much a graph amplifies rounding, how many of them, and what an engine may make of one. */
const CHANGE = 1e-6
const CHANGES = 4
const AMPLIFIED = 30
/** A graph that amplifies more than this says nothing. */
const MAX_AMPLIFIED = 0.1

/** What came of a graph: null where an engine agrees with tfjs' CPU backend, 'unclear' where rounding decides. */
export type Verdict = { readonly engine: string; readonly difference: string } | 'unclear' | null

/** What tfjs' CPU backend makes of a graph. */
export async function reference(graph: RandomGraph): Promise<Result[]> {
  await tf.setBackend('cpu')
  return evaluate(graph)
}

/** Computes a graph on each engine and compares values and gradients with those of tfjs' CPU backend. */
export async function judge(graph: RandomGraph, engines: readonly Engine[]): Promise<Verdict> {
  const want = await reference(graph)
  if (!want.every(({ values }) => values.every((v) => Number.isFinite(v) && Math.abs(v) < 1e4))) return 'unclear'
  let margins: readonly (readonly number[])[] | null = null
  for (const { name: engine, markConstant } of engines) {
    await tf.setBackend(engine)
    const before = tf.memory().numTensors
    let got: Result[]
    try {
      got = await evaluate(graph, markConstant)
    } catch (error) {
      return { engine, difference: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
    const left = tf.memory().numTensors - before
    if (left !== 0) return { engine, difference: `${left} tensors are left` }
    if (differenceOf(got, want, () => TOLERANCE) === null) continue
    margins ??= await amplified(graph, want)
    if (margins.flat().some((margin) => margin > MAX_AMPLIFIED)) return 'unclear'
    const difference = differenceOf(got, want, (k, i) => TOLERANCE + AMPLIFIED * margins![k]![i]!)
    if (difference !== null) return { engine, difference }
  }
  return null
}

/** The first place where results are not equal, in words. */
function differenceOf(
  got: readonly Result[],
  want: readonly Result[],
  tolerance: (result: number, element: number) => number,
): string | null {
  for (const [k, { name, shape, dtype, values }] of want.entries()) {
    const found = got[k]
    if (!found) return `${name} is missing`
    if (`${found.dtype}[${found.shape}]` !== `${dtype}[${shape}]`)
      return `${name}: expected ${dtype} [${shape}], found ${found.dtype} [${found.shape}]`
    if (found.values.length !== values.length)
      return `${name}: ${found.values.length} values, expected ${values.length}`
    for (const [i, expected] of values.entries()) {
      const off = Math.abs(found.values[i]! - expected)
      if (!(off <= tolerance(k, i) * (1 + Math.abs(expected))))
        return `${name} [${shape}] element ${i}: expected ${expected}, found ${found.values[i]}`
    }
  }
  return null
}

/** How far each result moves, relatively, when the sources move by some roundings. */
async function amplified(graph: RandomGraph, want: readonly Result[]): Promise<number[][]> {
  const margins = want.map(({ values }) => Array.from(values, () => 0))
  for (let change = 0; change < CHANGES; change++) {
    const random = new Random(change)
    const moved = ([id, source]: [number, Source]): [number, Source] => [id, changed(source, random)]
    const results = await reference({ ...graph, sources: new Map([...graph.sources].map(moved)) })
    for (const [k, { values }] of want.entries())
      for (const [i, value] of values.entries()) {
        const off = Math.abs(results[k]!.values[i]! - value) / (1 + Math.abs(value))
        margins[k]![i] = Math.max(margins[k]![i]!, off)
      }
  }
  return margins
}

function changed(source: Source, random: Random): Source {
  if (source.dtype !== 'float32') return source
  const values = source.values.map((v) => v + random.pick([-CHANGE, CHANGE]) * (0.1 + Math.abs(v)))
  return { ...source, values }
}
