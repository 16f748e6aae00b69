import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { OnnxBackend } from '../backend/backend.ts'
import type { OnnxBackendOptions } from '../backend/options.ts'
import { registerOnnxBackend } from '../backend/register.ts'
import { nodeRuntime } from '../node/onnxruntime.ts'

/** Registers and selects a compiled engine for tests. */
export async function useOnnx(options: OnnxBackendOptions = {}): Promise<OnnxBackend> {
  registerOnnxBackend(await nodeRuntime(), options)
  await tf.setBackend(options.name ?? 'onnx')
  const backend = tf.backend()
  if (!(backend instanceof OnnxBackend)) throw new Error('the onnx backend was not selected')
  return backend
}
