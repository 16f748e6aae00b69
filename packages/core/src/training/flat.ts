import {
  concat,
  dispose,
  type Rank,
  reshape,
  split,
  type Tensor,
  type Tensor1D,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import type { Weights } from '../models/weights.ts'

/** Which of a model's tensors lie end to end in one vector. */
export interface FlatVector {
  readonly names: readonly string[]
  readonly shapes: readonly (readonly number[])[]
  readonly sizes: readonly number[]
  /** Elements in all. */
  readonly length: number
}

/** Where each of a model's tensors lies among vectors of them. */
export interface FlatLayout {
  /** In the model's order. */
  readonly names: readonly string[]
  readonly vectors: readonly FlatVector[]
}

/**
 * A tensor of so many elements is a vector of its own: in another it would only be copied there and back, and its update have to
 * wait for other gradients.
 */
const ALONE = 2 ** 17

/**
 * The vectors of `weights`: one of each large tensor, and one of small tensors that are neighbours, whose gradients come one soon
 * after the other; that spares an optimiser a handful of operations for each.
 */
export function flatLayout(weights: Weights): FlatLayout {
  const all = Object.entries(weights)
  if (!all.length) throw new StableSigError('bad-weights', 'there are no weights to train')
  const groups: (typeof all)[] = []
  let small: typeof all | null = null
  for (const entry of all) {
    const alone = entry[1].size >= ALONE
    if (small && !alone) small.push(entry)
    else {
      const group = [entry]
      groups.push(group)
      small = alone ? null : group
    }
  }
  return { names: Object.keys(weights), vectors: groups.map(flatVector) }
}

/** The layout of tensors that were made for their shapes alone: they are disposed. */
export function flatLayoutOnly(shaped: Weights): FlatLayout {
  try {
    return flatLayout(shaped)
  } finally {
    dispose(Object.values(shaped))
  }
}

/** Elements of each of the layout's vectors. */
export const vectorLengths = ({ vectors }: FlatLayout): number[] => vectors.map(({ length }) => length)

function flatVector(entries: readonly (readonly [string, Tensor])[]): FlatVector {
  const sizes = entries.map(([, { size }]) => size)
  return {
    names: entries.map(([name]) => name),
    shapes: entries.map(([, { shape }]) => shape),
    sizes,
    length: sizes.reduce((a, b) => a + b, 0),
  }
}

/** Tensors by name -> the layout's vectors [length]. */
export function flatten({ vectors }: FlatLayout, tensors: Weights): Tensor1D[] {
  return tidy(() =>
    vectors.map(({ names, shapes }) => {
      const parts = names.map((name, i) => {
        const found = tensors[name]
        if (!found || found.shape.join() !== shapes[i]?.join())
          throw new StableSigError(
            'bad-weights',
            `tensor ${name} has shape [${found?.shape ?? 'none'}], expected [${shapes[i]}]`,
          )
        return reshape<Rank.R1>(found, [found.size])
      })
      return concat<Tensor1D>(parts)
    }),
  )
}

/** The layout's vectors [length] -> tensors by name in the model's order, as views of them. */
export function unflatten(layout: FlatLayout, flat: readonly Tensor1D[]): Record<string, Tensor> {
  return tidy(() =>
    inOrder(layout, (vector, v) => {
      const whole = flat[v]
      if (!whole) throw new RangeError(`vector ${v} of ${layout.vectors.length} is missing`)
      const parts: readonly Tensor[] = vector.names.length === 1 ? [whole] : split(whole, [...vector.sizes])
      return parts.map((part, i) => reshape(part, [...(vector.shapes[i] ?? [])]))
    }),
  )
}

/** The vectors' values -> tensors by name in the model's order, each with memory of its own. */
export function tensorsOf(layout: FlatLayout, values: readonly Float32Array[]): Record<string, Tensor> {
  return inOrder(layout, ({ sizes, shapes }, v) => {
    let from = 0
    return sizes.map((size, i) => {
      const part = values[v]?.slice(from, from + size) ?? new Float32Array()
      from += size
      return tensor(part, [...(shapes[i] ?? [])], 'float32')
    })
  })
}

/** What each vector holds, brought into the model's order. */
function inOrder(
  { names, vectors }: FlatLayout,
  tensorsIn: (vector: FlatVector, v: number) => readonly Tensor[],
): Record<string, Tensor> {
  const found: Record<string, Tensor> = {}
  for (const [v, vector] of vectors.entries())
    for (const [i, part] of tensorsIn(vector, v).entries()) found[vector.names[i] ?? ''] = part
  return Object.fromEntries(
    names.flatMap((name) => {
      const tensor = found[name]
      return tensor ? [[name, tensor] as const] : []
    }),
  )
}
