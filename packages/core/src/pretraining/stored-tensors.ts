import { type TensorData, tensorData } from '@stablesig/weights'
import { dispose } from '@tensorflow/tfjs-core'
import { torchTensor } from '../models/layout.ts'
import { type FlatLayout, tensorsOf } from '../training/flat.ts'

/**
 * Flat vectors of weights as a file has them: by name, PyTorch's order, float32.
 * @param matrices whether linear layers' weights are [in,out], as tfjs multiplies, or [out,in] already
 */
export async function storedTensors(
  layout: FlatLayout,
  vectors: readonly Float32Array[],
  matrices: 'in-out' | 'out-in' = 'in-out',
): Promise<Record<string, TensorData>> {
  const weights = tensorsOf(layout, vectors)
  const stored: Record<string, TensorData> = {}
  try {
    for (const [name, tensor] of Object.entries(weights)) {
      const { shape } = tensor
      const values = await tensor.data<'float32'>()
      stored[name] =
        shape.length === 2 && matrices === 'out-in' ? tensorData(values, shape) : torchTensor(values, shape)
    }
    return stored
  } finally {
    dispose(weights)
  }
}
