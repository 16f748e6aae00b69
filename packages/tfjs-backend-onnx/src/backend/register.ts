import { registerBackend } from '@tensorflow/tfjs-core'
import { probe } from '../execution/probe.ts'
import type { OnnxRuntime } from '../execution/runtime.ts'
import { registerAll } from '../kernels/call.ts'
import { registerGradients } from '../kernels/gradients.ts'
import { allKernels } from '../kernels/index.ts'
import { registerMissing } from '../kernels/missing.ts'
import { OnnxBackend } from './backend.ts'
import { type OnnxBackendOptions, withDefaults } from './options.ts'

const registered = new Set<string>()

/**
 * Registers the compiled backend with tfjs, as 'onnx' unless named otherwise. `tf.setBackend('onnx')` selects it.
 * What the runtime has beyond ONNX itself is tried out then. A name is registered once; further calls with it have no effect, as in tfjs itself.
 */
export function registerOnnxBackend(runtime: OnnxRuntime, options: OnnxBackendOptions = {}): void {
  const { name = 'onnx' } = options
  if (!registered.has(name)) {
    registered.add(name)
    registerAll(allKernels, name)
    registerMissing(name)
    registerGradients()
  }
  const make = async () => new OnnxBackend(runtime, withDefaults(runtime, options, await probe(runtime)))
  registerBackend(name, make, 3)
}
