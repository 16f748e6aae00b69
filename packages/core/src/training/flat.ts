import { concat, type Rank, reshape, split, type Tensor, type Tensor1D, tensor, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import type { Weights } from '../weights/weights.ts'

/** Where each of a model's tensors lies in one vector of all of them. */
export interface FlatLayout {
  readonly names: readonly string[]
  readonly shapes: readonly (readonly number[])[]
  readonly sizes: readonly number[]
  /** Elements in all. */
  readonly length: number
}

/** The layout of `weights` laid end to end in their order. */
export function flatLayout(weights: Weights): FlatLayout {
  const tensors = Object.values(weights)
  if (!tensors.length) throw new StableSigError('bad-weights', 'there are no weights to train')
  const sizes = tensors.map(({ size }) => size)
  return {
    names: Object.keys(weights),
    shapes: tensors.map(({ shape }) => shape),
    sizes,
    length: sizes.reduce((a, b) => a + b, 0),
  }
}

/** Tensors by name -> one vector [length], in the layout's order. */
export function flatten({ names, shapes }: FlatLayout, tensors: Weights): Tensor1D {
  return tidy(() =>
    concat<Tensor1D>(
      names.map((name, i) => {
        const found = tensors[name]
        if (!found || found.shape.join() !== shapes[i]?.join())
          throw new StableSigError(
            'bad-weights',
            `tensor ${name} has shape [${found?.shape ?? 'none'}], expected [${shapes[i]}]`,
          )
        return reshape<Rank.R1>(found, [found.size])
      }),
    ),
  )
}

/** One vector [length] -> tensors by name, as views of it. */
export function unflatten({ names, shapes, sizes }: FlatLayout, flat: Tensor1D): Record<string, Tensor> {
  return tidy(() => {
    const parts = split(flat, [...sizes])
    return Object.fromEntries(names.map((name, i) => [name, reshape(parts[i] ?? flat, [...(shapes[i] ?? [])])]))
  })
}

/** Values laid end to end -> tensors by name, each with memory of its own. */
export function tensorsOf({ names, shapes, sizes }: FlatLayout, values: Float32Array): Record<string, Tensor> {
  let from = 0
  return Object.fromEntries(
    names.map((name, i) => {
      const to = from + (sizes[i] ?? 0)
      const part = values.slice(from, to)
      from = to
      return [name, tensor(part, [...(shapes[i] ?? [])], 'float32')]
    }),
  )
}
