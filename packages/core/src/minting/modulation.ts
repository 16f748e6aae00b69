import {
  add,
  matMul,
  mul,
  type Rank,
  reshape,
  split,
  sub,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tanh,
  tidy,
} from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { scope, type Weights } from '../models/weights.ts'
import { silu } from '../ops/activations.ts'
import { type MinterArchitecture, outputsOf } from './architecture.ts'

/** Scales and shifts by the names that convolutions look them up by: '8.conv.0.scale', '8.conv.0.shift'. */
export type Modulation = { readonly [name: string]: Tensor4D }

/**
 * The network as a graph, differentiable by its weights.
 * @param weights tfjs layout
 * @param keys [N,bits], 0 or 1
 * @returns [N,1,1,channels] each
 */
export function modulationOf(architecture: MinterArchitecture, weights: Weights, keys: Tensor2D): Modulation {
  const { maxScale, maxShift, convolutions } = architecture
  const { scales, shifts } = outputsOf(architecture)
  const w = scope(weights)
  const linear = (x: Tensor2D, name: string) =>
    add<Tensor2D>(matMul(x, w.tensor<Tensor2D>(`${name}.weight`)), w.tensor<Tensor1D>(`${name}.bias`))
  return tidy(() => {
    const signs: Tensor2D = sub(mul(keys, 2), 1)
    const hidden = silu(linear(silu(linear(signs, 'hidden.0')), 'hidden.1'))
    const out = add<Tensor2D>(linear(hidden, 'out'), matMul(signs, w.tensor<Tensor2D>('linear.weight')))
    const bounded = tanh(out)
    const shifted = convolutions.filter((convolution) => convolution.shifted)
    const sizes = [...convolutions, ...shifted].map(({ channels }) => channels)
    if (sizes.reduce((a, b) => a + b, 0) !== scales + shifts) throw new RangeError('outputs of a minter do not add up')
    const parts = split(bounded, sizes, 1).map((part) => reshape<Rank.R4>(part, [keys.shape[0], 1, 1, -1]))
    const named = convolutions.map(({ name }, i) => [`${name}.scale`, add(mul(at(parts, i), maxScale), 1)] as const)
    const moved = shifted.map(
      ({ name }, i) => [`${name}.shift`, mul(at(parts, convolutions.length + i), maxShift)] as const,
    )
    return Object.fromEntries([...named, ...moved]) as Modulation
  })
}
