import { clone, engine, keep, type Scalar, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
// Here too, and not in the index alone: whoever bundles the sources may drop the index, which holds nothing of its own.
import './gradients.ts'

/** What a differentiated function gives: the value whose gradient is taken, and tensors that are only looked at. */
export interface Objective<A extends Record<string, Tensor>> {
  readonly loss: Scalar
  readonly aux: A
}

export interface ValueAndGradients<A extends Record<string, Tensor>> extends Objective<A> {
  /** By the names of the parameters, in their order, each of its parameter's shape. */
  readonly gradients: Record<string, Tensor>
}

/**
 * Value and gradients of a scalar function of named parameters. Nothing is read: on a compiling engine all of it is still
 * pending. What it throws leaves no tensor behind.
 * @throws StableSigError 'bad-argument' naming the parameters that the loss does not depend on
 */
export function valueAndGradients<A extends Record<string, Tensor>>(
  f: () => Objective<A>,
  parameters: Readonly<Record<string, Tensor>>,
): ValueAndGradients<A> {
  const kept: Tensor[] = []
  const names = Object.keys(parameters)
  const tapeBefore = engine().state.gradientDepth
  try {
    return tidy(() => {
      let aux: [string, Tensor][] = []
      const run = engine().gradients<Scalar>(
        () => {
          const objective = f()
          // The scope of the forward pass disposes all that it does not return.
          aux = Object.entries(objective.aux).map(([name, tensor]) => [name, keep(clone(tensor))])
          kept.push(...aux.map(([, tensor]) => tensor))
          return objective.loss
        },
        Object.values(parameters),
        undefined,
        true,
      )
      const gradients: Record<string, Tensor> = {}
      const missing = names.filter((name, i) => {
        const gradient = run.grads[i]
        if (gradient) gradients[name] = gradient
        return !gradient
      })
      if (missing.length)
        throw new StableSigError(
          'bad-argument',
          `the loss does not depend on ${missing.join(', ')}: leave such tensors out of what is trained`,
        )
      const looked = Object.fromEntries(aux.map(([name, tensor]) => [name, clone(tensor)])) as A
      return { loss: run.value, aux: looked, gradients }
    })
  } catch (error) {
    if (tapeBefore === 0) dropTape()
    throw error
  } finally {
    for (const tensor of kept) tensor.dispose()
  }
}

/** A forward pass that throws leaves the tape with the tensors saved for the backward one. */
export function dropTape(): void {
  const { state } = engine()
  for (const node of state.activeTape ?? []) for (const tensor of node.saved ?? []) tensor.dispose()
  state.activeTape = []
}
