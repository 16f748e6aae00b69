import {
  greater,
  less,
  logicalAnd,
  reshape,
  type Scalar,
  type Tensor1D,
  type Tensor4D,
  tidy,
  tile,
  where,
} from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { mseOfImages } from '../metrics/mse-of-images.ts'
import { inputVector } from '../ops/hints.ts'
import { sumOver } from '../ops/reduce.ts'
import { valueAndGradients } from '../ops/value-and-gradients.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import type { Optimizer, OptimizerStep } from '../training/optimizer.ts'
import { clipUnit } from './reconstruct.ts'

/** What stays the same from iteration to iteration. */
export interface InversionProblem {
  /** [N,H,W,3] */
  readonly images: UnitImages
  /** Of the latents that are searched, [N,h,w,C]. */
  readonly shape: Tensor4D['shape']
  /** Latents of that shape -> images, not clamped. */
  readonly decode: (latents: Tensor4D) => Tensor4D
  readonly clamp: boolean
  readonly optimizer: Optimizer
}

/**
 * What an iteration changes, all of it flat vectors, so that every iteration has inputs of one kind. An alias, since tf.tidy passes
 * plain records only.
 */
export type InversionState = {
  latents: Tensor1D
  optimizer: Record<string, Tensor1D>
  /** The latents with the least loss so far, image by image, and that loss [N]. */
  best: Tensor1D
  bestLoss: Tensor1D
}

/** The state before the first iteration. */
export function startingState({ optimizer, images }: InversionProblem, latents: Float32Array): InversionState {
  const parameter = inputVector(latents)
  const zeros = tidy(() => Object.keys(optimizer.init([parameter])))
  return {
    latents: parameter,
    optimizer: Object.fromEntries(zeros.map((name) => [name, inputVector(new Float32Array(latents.length))])),
    best: inputVector(latents),
    bestLoss: inputVector(new Float32Array(images.shape[0]).fill(Number.POSITIVE_INFINITY)),
  }
}

/**
 * One iteration as a pure function; nothing is read. The loss is the sum of the images' mean squared errors, so that no image's
 * gradient depends on another.
 * @param active [N], 1 where an image still moves and 0 where it has been given up; null where all of them do
 * @returns the new state, and `losses` [N] before the update
 */
export function inversionStep(
  problem: InversionProblem,
  state: InversionState,
  step: OptimizerStep,
  active: Tensor1D | null,
): { state: InversionState; losses: Tensor1D } {
  const { images, shape, decode, clamp, optimizer } = problem
  return tidy(() => {
    const { aux, gradients } = valueAndGradients(
      () => {
        const decoded = decode(reshape(state.latents, shape))
        const losses = mseOfImages(clamp ? clipUnit(decoded) : asUnit(decoded), images)
        const loss: Scalar = reshape(sumOver(losses, [0]), [])
        return { loss, aux: { losses } }
      },
      { latents: state.latents },
    )
    const before = Object.fromEntries(Object.entries(state.optimizer).map(([name, vector]) => [name, [vector]]))
    const gradient = Object.values(gradients)
    const updated = optimizer.update([state.latents], gradient, before, step)
    const moved = at(updated.parameters, 0) as Tensor1D
    const { size } = state.latents
    const moves = active && greater<Tensor1D>(active, 0.5)
    const better = less<Tensor1D>(aux.losses, state.bestLoss)
    const improves = moves ? logicalAnd<Tensor1D>(moves, better) : better
    return {
      losses: aux.losses,
      state: {
        latents: moves ? where(perValue(moves, size), moved, state.latents) : moved,
        optimizer: Object.fromEntries(
          Object.entries(updated.state).map(([name, vectors]) => [name, at(vectors, 0) as Tensor1D]),
        ),
        best: where(perValue(improves, size), state.latents, state.best),
        bestLoss: where(improves, aux.losses, state.bestLoss),
      },
    }
  })
}

/** A condition [N] for each of the values of N images' latents. */
function perValue(condition: Tensor1D, size: number): Tensor1D {
  const [count] = condition.shape
  return reshape(tile(reshape(condition, [count, 1]), [1, size / count]), [size])
}
