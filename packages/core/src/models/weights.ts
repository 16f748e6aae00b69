import type { Tensor } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'

/**
 * A model's parameters: float32 tensors under the model's own names, tfjs layout (HWIO convolutions). A plain record, since
 * tf.tidy and gradient scopes pass records through and would dispose what a Map holds.
 */
export type Weights = Readonly<Record<string, Tensor>>

/** Weights seen from one layer: `scope(weights).at('conv_in').tensor('bias')` is the tensor named `conv_in.bias`. */
export interface WeightScope {
  readonly path: string
  at(name: string): WeightScope
  has(name: string): boolean
  /** The tensor of exactly that name, where there is one. @throws StableSigError 'disposed' when it is gone */
  optional<T extends Tensor = Tensor>(name: string): T | undefined
  /** @throws StableSigError 'bad-weights' naming the tensor when it is missing, 'disposed' when it is gone */
  tensor<T extends Tensor = Tensor>(name: string): T
}

export function scope(weights: Weights, path = ''): WeightScope {
  const join = (name: string) => (path ? `${path}.${name}` : name)
  const optional = <T extends Tensor>(name: string): T | undefined => {
    const found = weights[join(name)]
    // Also in the middle of work that is waited for: entrances have looked at the model before.
    if (found?.isDisposed)
      throw new StableSigError(
        'disposed',
        `the weight ${join(name)} has been disposed: keep a model until its last use`,
      )
    return found as T | undefined
  }
  return {
    path,
    at: (name) => scope(weights, join(name)),
    has: (name) => {
      const full = join(name)
      return full in weights || Object.keys(weights).some((key) => key.startsWith(`${full}.`))
    },
    optional,
    tensor<T extends Tensor>(name: string): T {
      const found = optional<T>(name)
      if (!found) throw new StableSigError('bad-weights', `no tensor named ${join(name)} among the weights`)
      return found
    },
  }
}
