import * as tf from '@tensorflow/tfjs-core'
import { Builder, type Draw, type Lengths } from './builder.ts'
import { pruned, type RandomGraph } from './graph.ts'
import { elementwise } from './operations/elementwise.ts'
import { networks } from './operations/networks.ts'
import { reductions } from './operations/reductions.ts'
import { shapes } from './operations/shapes.ts'
import { Random } from './random.ts'

/** Families of operations, and how often each is drawn from. */
const families: readonly (readonly [weight: number, list: readonly Draw[]])[] = [
  [4, elementwise],
  [3, shapes],
  [2, reductions],
  [4, networks],
]
const drawn = families.flatMap(([weight, list]) => Array.from({ length: weight }, () => list))

/**
 * The graph that a seed stands for: sources that have lengths in common, some steps, and what is read of it. It is computed as it
 * grows; tfjs' CPU backend must be selected.
 */
export function randomGraph(seed: number): RandomGraph {
  const random = new Random(seed)
  const engine = tf.engine()
  engine.startScope()
  try {
    const b = new Builder(random, lengthsOf(random))
    addSources(b)
    const wanted = b.lengths.channels > 40 ? random.int(1, 4) : random.int(3, 14)
    for (let tries = 0; b.steps.length < wanted && tries < 20 * wanted; tries++) {
      const step = random.pick(random.pick(drawn))(b)
      if (step) b.add(step)
    }
    const made = b.steps.flatMap(({ to }) => to)
    const last = made.slice(-1)
    return pruned({
      seed,
      sources: b.sources,
      steps: b.steps,
      kept: [...new Set([...random.some(made).slice(0, 5), ...last])],
      early: random.chance(0.3) ? random.some(made).slice(0, 2) : [],
      disposes: random.chance(0.5),
      together: random.chance(0.7),
    })
  } finally {
    engine.endScope()
  }
}

/** Channels fill blocks of 16 now and then; images seldom are so large that convolutions go by tiles. */
function lengthsOf(random: Random): Lengths {
  if (random.chance(0.01)) return { images: 1, height: 16, width: 16, channels: 48 }
  const channels = random.pick([1, 2, 3, 4, 4, 5, 6, 16, 32])
  const most = channels < 16 ? 7 : 5
  return { images: random.int(1, 3), height: random.int(1, most), width: random.int(1, most), channels }
}

function addSources(b: Builder): void {
  const { random, lengths } = b
  const { images: n, height: h, width: w, channels: c } = lengths
  b.source([n, h, w, c], { kind: 'variable' })
  const others = [
    [c],
    [1],
    [],
    [w, c],
    [h, w, c],
    [n, h, w, c],
    [n, h, w, c],
    [n, 1, 1, c],
    [n, h, w, 1],
    [h, w],
    [n, h, w],
  ]
  for (let i = random.int(1, 4); i > 0; i--) {
    const kind = random.next()
    const shape = random.pick(others)
    if (kind < 0.7) b.source(shape)
    else if (kind < 0.9) b.source(shape, { dtype: 'int32', low: -4, high: 5 })
    else b.source(shape, { dtype: 'bool', low: 0, high: 1 })
  }
}
