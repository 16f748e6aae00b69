import { customGrad, type Tensor, tidy } from '@tensorflow/tfjs-core'

/** A function's value and the gradient written for it. */
export interface CustomGradient<T extends Tensor, S extends Tensor[]> {
  readonly value: T
  /** What the backward pass needs of the forward one. */
  readonly saved: S
  /** Gradients by the inputs, in their order and of their shapes. */
  readonly gradient: (dy: T, saved: S) => Tensor[]
}

/**
 * A function whose gradient is written out rather than recorded: the one place that meets tfjs's loosely typed customGrad.
 * `gradient` is called for every input, frozen ones included; a compiling engine drops what nobody reads.
 */
export function customGradient<T extends Tensor, S extends Tensor[]>(
  inputs: readonly Tensor[],
  forward: () => CustomGradient<T, S>,
): T {
  return tidy(() =>
    customGrad<T>((...args) => {
      const save = args.at(-1)
      if (typeof save !== 'function') throw new TypeError('customGrad passes its save function last')
      const { value, saved, gradient } = forward()
      save(saved)
      // tfjs gives back the tensors that were saved, in their order.
      return { value, gradFunc: (dy: T, kept: Tensor[]) => tidy(() => gradient(dy, kept as S)) }
    })(...inputs),
  )
}
