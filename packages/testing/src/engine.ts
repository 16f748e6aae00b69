import { ready } from '@stablesig/backend-node'
import { OnnxBackend } from '@stablesig/tfjs-backend-onnx'
import { backend } from '@tensorflow/tfjs-core'

/** Starts the compiled engine on the processor, for tests of what it makes of a package's operations. */
export async function useOnnx(): Promise<OnnxBackend> {
  await ready({ device: 'cpu' })
  const current = backend()
  if (!(current instanceof OnnxBackend)) throw new Error('the onnx backend was not selected')
  return current
}
