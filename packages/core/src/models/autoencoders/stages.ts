import { type Tensor, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { checkpointed } from '../../ops/checkpointed.ts'
import { scope, type WeightScope, type Weights } from '../weights.ts'
import type { DecodeOptions, Stage } from './autoencoder.ts'

/** Runs a network's stages one after the other: x [N,H,W,I] -> [N,H',W',O]. */
export function runStages(
  stages: readonly Stage[],
  weights: Weights,
  x: Tensor4D,
  { gradientCheckpointing = false }: DecodeOptions = {},
): Tensor4D {
  return tidy(() =>
    stages.reduce((y, stage) => (gradientCheckpointing ? again(stage, weights, y) : stage.apply(weights, y)), x),
  )
}

/** A stage that the backward pass computes once more. */
function again(stage: Stage, weights: Weights, x: Tensor4D): Tensor4D {
  const all = scope(weights)
  const own = stage.weights.flatMap((name): [string, Tensor][] => [
    [name, all.tensor(name)],
    ...modulationOf(name, all),
  ])
  return checkpointed((x: Tensor4D, own) => stage.apply(own, x), x, Object.fromEntries(own))
}

/** What a convolution's outputs are multiplied by and moved by, where they are: see `conv`. @param weight its weight's name */
function modulationOf(weight: string, all: WeightScope): [string, Tensor][] {
  const [, convolution] = /^(.+)\.weight$/.exec(weight) ?? []
  return ['scale', 'shift'].flatMap((what): [string, Tensor][] => {
    const name = `${convolution}.${what}`
    const tensor = convolution === undefined ? undefined : all.optional(name)
    return tensor ? [[name, tensor]] : []
  })
}
