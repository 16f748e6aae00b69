import { engine, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { customGradient } from './custom-gradient.ts'
import { computedAfter } from './hints.ts'
import { dropTape } from './value-and-gradients.ts'

/**
 * A block of a network whose intermediate tensors are not kept for the backward pass: only x is, and the block is computed
 * again when its gradient is due. That is about a third more arithmetic for the memory of one block instead of all of them
 * (Chen et al. 2016, "Training deep nets with sublinear memory cost"). Values and gradients are those of `f` itself.
 * @param f pure: of x and the weights alone, reading and disposing nothing
 * @param weights those of the block, each of which its result depends on
 */
export function checkpointed<X extends Tensor, Y extends Tensor>(
  f: (x: X, weights: Readonly<Record<string, Tensor>>) => Y,
  x: X,
  weights: Readonly<Record<string, Tensor>>,
): Y {
  const names = Object.keys(weights)
  return customGradient([x, ...Object.values(weights)], () => ({
    value: f(x, weights),
    saved: [x, ...Object.values(weights)] as [X, ...Tensor[]],
    gradient: (dy: Y, [x, ...tensors]) => {
      const again = computedAfter(x, dy)
      const named = Object.fromEntries(names.map((name, i): [string, Tensor] => [name, tensors[i] ?? x]))
      return innerGradients(() => f(again, named), [again, ...tensors], dy)
    },
  }))
}

/** Gradients of a function inside a gradient: tfjs has one tape, which is in use by the outer one. */
function innerGradients(f: () => Tensor, inputs: Tensor[], dy: Tensor): Tensor[] {
  const { state } = engine()
  const outer = state.activeTape
  try {
    return tidy(() => engine().gradients(f, inputs, dy, true).grads)
  } catch (error) {
    if (state.activeTape !== outer) dropTape()
    throw error
  } finally {
    state.activeTape = outer
  }
}
