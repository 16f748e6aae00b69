import { readFloat32, type StateTensor, type TakenTensors } from '@stablesig/weights'
import { dispose, type Tensor, tensor } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { requireEngine } from '../ops/engine.ts'
import { markConstant } from '../ops/hints.ts'
import { hwio } from './layout.ts'
import type { Weights } from './weights.ts'

/** @throws StableSigError 'not-finite' naming the tensor when a value is infinite or not a number */
export async function readFinite(source: string, name: string, stored: StateTensor): Promise<Float32Array> {
  const values = await readFloat32(stored)
  const at = values.findIndex((value) => !Number.isFinite(value))
  if (at >= 0)
    throw new StableSigError(
      'not-finite',
      `${source}: tensor ${name} holds ${values[at]} at element ${at}, expected finite weights: its training diverged or the file is ` +
        'damaged; take an earlier checkpoint or another copy',
    )
  return values
}

/**
 * What a file holds as weights in tfjs's layout, under the model's names, marked as constant. One tensor is read and made after
 * the other, so that little more is held than the weights themselves, as the engine keeps them.
 */
export async function readWeights(source: string, taken: TakenTensors): Promise<Weights> {
  requireEngine()
  const made: Record<string, Tensor> = {}
  try {
    for (const [name, stored] of taken.tensors) {
      const values = await readFinite(source, taken.foreign.get(name) ?? name, stored)
      made[name] = markConstant(toTfjs(values, stored.shape))
    }
  } catch (error) {
    dispose(made)
    throw error
  }
  return made
}

/** Values in PyTorch's order as a tensor in tfjs's: four axes are a convolution's. */
export function toTfjs(values: Float32Array, shape: readonly number[]): Tensor {
  requireEngine()
  const [out = 0, into = 0, height = 0, width = 0] = shape
  return shape.length === 4
    ? tensor(hwio(values, shape), [height, width, into, out], 'float32')
    : tensor(values, [...shape], 'float32')
}
