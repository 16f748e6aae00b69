import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import seedrandom from 'seedrandom'
import type { Weights } from '../models/weights.ts'
import type { ConditionedConvolution } from './plan.ts'

/**
 * A minter's network: a key as -1 and 1 goes through two hidden layers, and beside them through one linear path, to a scale and a
 * shift for each output of the conditioned convolutions: 1 + maxScale·tanh(·) and maxShift·tanh(·), the scales of all convolutions
 * first.
 */
export interface MinterArchitecture {
  /** Of a key. */
  readonly bits: number
  /** Units of each hidden layer. */
  readonly hidden: number
  readonly maxScale: number
  readonly maxShift: number
  readonly convolutions: readonly ConditionedConvolution[]
}

/** Scales and shifts of an architecture, in all. */
export function outputsOf({ convolutions }: Pick<MinterArchitecture, 'convolutions'>): {
  readonly scales: number
  readonly shifts: number
} {
  const sum = (of: readonly ConditionedConvolution[]) => of.reduce((total, { channels }) => total + channels, 0)
  return { scales: sum(convolutions), shifts: sum(convolutions.filter(({ shifted }) => shifted)) }
}

/** Shapes of a minter's tensors in PyTorch's order: matrices are [outputs, inputs]. */
export function minterShapes(architecture: MinterArchitecture): Readonly<Record<string, readonly number[]>> {
  const { bits, hidden } = architecture
  const { scales, shifts } = outputsOf(architecture)
  const outputs = scales + shifts
  return {
    'hidden.0.weight': [hidden, bits],
    'hidden.0.bias': [hidden],
    'hidden.1.weight': [hidden, hidden],
    'hidden.1.bias': [hidden],
    'out.weight': [outputs, hidden],
    'out.bias': [outputs],
    'linear.weight': [outputs, bits],
  }
}

/**
 * Weights to begin with, tfjs layout [inputs, outputs]: hidden layers uniform within 1/√inputs, as PyTorch draws a linear layer's,
 * and nothing on the way out, so that the first minted decoder is the original one.
 */
export function initialMinter(architecture: MinterArchitecture, seed: number): Weights {
  const random = seedrandom(`minter/${seed}`)
  const made: Record<string, Tensor> = {}
  for (const [name, shape] of Object.entries(minterShapes(architecture))) {
    const inputs = name.startsWith('hidden.0') ? architecture.bits : architecture.hidden
    const bound = name.startsWith('hidden') ? 1 / Math.sqrt(inputs) : 0
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => bound * (2 * random() - 1))
    made[name] = tensor(values, shape.toReversed(), 'float32')
  }
  return made
}
