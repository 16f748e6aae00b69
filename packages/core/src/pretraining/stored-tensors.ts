import { dispose } from '@tensorflow/tfjs-core'
import { oihw } from '../models/layout.ts'
import { type FlatLayout, tensorsOf } from '../training/flat.ts'
import { type TensorData, tensorData } from '../weights/writer.ts'

/** Flat vectors of weights as a file has them: by name, PyTorch's order, float32. */
export async function storedTensors(
  layout: FlatLayout,
  vectors: readonly Float32Array[],
): Promise<Record<string, TensorData>> {
  const weights = tensorsOf(layout, vectors)
  const stored: Record<string, TensorData> = {}
  try {
    for (const [name, tensor] of Object.entries(weights)) {
      const { rank, shape } = tensor
      const values = await tensor.data<'float32'>()
      const [height = 0, width = 0, into = 0, out = 0] = shape
      stored[name] =
        rank === 4 ? tensorData(oihw(values, shape), [out, into, height, width]) : tensorData(values, shape)
    }
    return stored
  } finally {
    dispose(weights)
  }
}
