import {
  concat,
  dispose,
  mean,
  type Scalar,
  square,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core'
import { stopIfAborted } from '../../aborted.ts'
import { at } from '../../at.ts'
import { StableSigError } from '../../errors.ts'
import { decode, encode } from '../../inference/graphs.ts'
import { type LatentDecoder, withWeights } from '../../models/autoencoders/autoencoder.ts'
import { inputVector, markConstants } from '../../ops/hints.ts'
import { valueAndGradients } from '../../ops/value-and-gradients.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import { type FinetuneState, update } from '../../signing/finetune-step.ts'
import { type FlatLayout, flatten, tensorsOf, unflatten } from '../../training/flat.ts'
import { flatOptimizer } from '../../training/flat-optimizer.ts'
import type { Optimizer, OptimizerStep } from '../../training/optimizer.ts'
import { type FinetuneAwayOptions, type FinetuneAwayPlan, planFinetuneAway } from './finetune-away-options.ts'

/**
 * Fine-tunes a signed decoder on clean photographs, towards the photographs themselves: mean squared error between decode(encode(x)) and
 * x, which knows neither the key, nor the extractor, nor the unsigned decoder. It is the encoder-aware removal of Hu et al. 2024, "Stable
 * Signature is Unstable", with its simplest loss. The same arguments on one engine give the same decoder.
 * @returns a decoder that owns its weights, which the caller disposes; no other tensor is left
 * @throws StableSigError 'bad-argument', 'disposed' before any work; 'shape' or 'bad-image' naming the image; 'not-finite' where the loss
 *   is lost; 'aborted'; what `onStep` and `onDecoder` throw
 */
export async function finetuneMarkAway(options: FinetuneAwayOptions): Promise<LatentDecoder> {
  const plan = planFinetuneAway(options)
  const { autoencoder, layout, optimizer, steps, learningRate, signal } = plan
  const { decoder } = autoencoder
  const decoderOf = async (weights: readonly Tensor1D[]): Promise<LatentDecoder> =>
    withWeights(decoder, markConstants(tensorsOf(layout, await valuesOf(weights))))
  let state = await startingState(decoder, layout, optimizer)
  try {
    for (let step = 1; step <= steps; step++) {
      stopIfAborted(signal, `stopped after ${step - 1} of ${steps} steps`)
      const images = await readBatch(plan, step - 1)
      const { next, loss } = disposing(images, () => cleanStep(plan, state, images, { step, learningRate }))
      dispose(state)
      state = next
      const [mse = Number.NaN] = await loss.data().finally(() => loss.dispose())
      if (!Number.isFinite(mse))
        throw new StableSigError(
          'not-finite',
          `the loss became ${mse} at step ${step} of ${steps}: ask for a smaller learning rate than ${learningRate}`,
        )
      await plan.onStep?.({ step, steps, mse })
      if (plan.onDecoder && (plan.decodersAt.has(step) || step === steps)) {
        const current = await decoderOf(state.weights)
        try {
          await plan.onDecoder(current, step)
        } finally {
          current.dispose()
        }
      }
    }
    return await decoderOf(state.weights)
  } finally {
    dispose(state)
  }
}

/** One step as a pure function of tensors; nothing is read. The loss is that before the update. */
function cleanStep(
  { autoencoder, layout, optimizer }: FinetuneAwayPlan,
  state: FinetuneState,
  images: UnitImages,
  step: OptimizerStep,
): { next: FinetuneState; loss: Scalar } {
  return tidy(() => {
    const latents = encode(autoencoder, images)
    const parameters: Record<string, Tensor> = unflatten(layout, state.weights)
    const { loss, gradients } = valueAndGradients(
      () => ({ loss: mean<Scalar>(square(sub(decode(autoencoder, latents, parameters), images))), aux: {} }),
      parameters,
    )
    return { next: update({ optimizer, layout }, state, flatten(layout, gradients), step), loss }
  })
}

function disposing<T>(images: UnitImages, use: () => T): T {
  try {
    return use()
  } finally {
    images.dispose()
  }
}

async function readBatch({ images, size, order }: FinetuneAwayPlan, step: number): Promise<UnitImages> {
  const parts: UnitImages[] = []
  try {
    for (const index of order(step)) parts.push(await images.read(index, size))
    const shape = at(parts, 0).shape.join()
    const other = parts.find((part) => part.shape.join() !== shape)
    if (other)
      throw new StableSigError('shape', `images of a batch differ: [${shape}] and [${other.shape}]; cut them alike`)
    return asUnit(concat<Tensor4D>(parts))
  } finally {
    dispose(parts)
  }
}

/** Vectors that no engine takes for constants, since a step changes them. */
async function startingState(decoder: LatentDecoder, layout: FlatLayout, optimizer: Optimizer): Promise<FinetuneState> {
  const weights = flatten(layout, decoder.weights)
  try {
    const zeros = Object.entries(tidy(() => flatOptimizer(optimizer, layout).init(weights)))
    try {
      const state: [string, Tensor1D[]][] = []
      for (const [name, vectors] of zeros) state.push([name, (await valuesOf(vectors)).map(inputVector)])
      return { weights: (await valuesOf(weights)).map(inputVector), optimizer: Object.fromEntries(state) }
    } finally {
      for (const [, vectors] of zeros) dispose(vectors)
    }
  } finally {
    dispose(weights)
  }
}

const valuesOf = (vectors: readonly Tensor1D[]): Promise<Float32Array[]> =>
  Promise.all(vectors.map((vector) => vector.data<'float32'>()))
