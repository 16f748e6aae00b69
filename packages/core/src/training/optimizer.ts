import { type Tensor, zerosLike } from '@tensorflow/tfjs-core'
import { checkObject } from '../arguments.ts'

/** What an optimiser remembers, by name: for each parameter a tensor of its shape. An alias, since tf.tidy passes plain records only. */
export type OptimizerState = { [name: string]: Tensor[] }

/** What an update gives. */
export type OptimizerUpdate = { parameters: Tensor[]; state: OptimizerState }

/** Which update it is. */
export interface OptimizerStep {
  /** From 1. */
  readonly step: number
  /** 0 leaves the parameters, and still advances the state. */
  readonly learningRate: number
}

/**
 * An optimiser as pure functions: parameters, gradients and state in, new ones out; nothing is disposed, read or remembered between
 * calls. `adamW()`, `muon()` and the others make one, and so may any program.
 *
 * Numbers that differ from step to step go in as `changingInput(value)`, so that an engine that compiles a step compiles it once.
 */
export interface Optimizer {
  /** For reports and messages. */
  readonly name: string
  /** All that decides its updates, as text: a checkpoint goes on only with an optimiser of the same fingerprint. */
  readonly fingerprint: string
  /**
   * Every element is treated alike, whichever tensor it belongs to: parameters may then be joined to a few long vectors, which
   * spares hundreds of operations a step. Default false, which is always right.
   */
  readonly elementwise?: boolean
  /** State before the first step, with a tensor of each parameter's shape by each name. */
  init(parameters: readonly Tensor[]): OptimizerState
  /** One step; gradients and each state's tensors are in the order and of the shapes of the parameters. */
  update(
    parameters: readonly Tensor[],
    gradients: readonly Tensor[],
    state: OptimizerState,
    step: OptimizerStep,
  ): OptimizerUpdate
}

/** A state of zeros by these names. */
export const zeroState =
  (...names: readonly string[]): Optimizer['init'] =>
  (parameters) =>
    Object.fromEntries(names.map((name) => [name, parameters.map((parameter) => zerosLike(parameter))]))

/** What a state has by a name. @throws RangeError where it is another optimiser's */
export function vectorsOf(state: OptimizerState, name: string): Tensor[] {
  const vectors = state[name]
  if (!vectors) throw new RangeError(`the optimizer's state has no ${name}, but ${Object.keys(state).join(', ')}`)
  return vectors
}

/** Name and numbers as a fingerprint. */
export const fingerprintOf = (name: string, numbers: object): string => `${name} ${JSON.stringify(numbers)}`

/** @throws StableSigError 'bad-argument' for what is not an optimiser; tfjs' own, which change variables, are none */
export const checkOptimizer = (value: unknown, name: string): void =>
  checkObject(value, name, 'an optimizer such as adamW()', ['name', 'fingerprint', 'init', 'update'])
