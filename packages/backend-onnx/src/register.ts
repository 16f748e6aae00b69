import { registerBackend } from '@tensorflow/tfjs-core'
import { OnnxBackend } from './backend.ts'
import { registerAll } from './kernels/call.ts'
import { allKernels } from './kernels/index.ts'
import { type OnnxBackendOptions, withDefaults } from './options.ts'
import type { OnnxRuntime } from './runtime.ts'

const registered = new Set<string>()

/**
 * Registers the compiled backend with tfjs, as 'onnx' unless named otherwise. `tf.setBackend('onnx')` selects it.
 * A name is registered once; further calls with it have no effect, as in tfjs itself.
 */
export function registerOnnxBackend(runtime: OnnxRuntime, options: OnnxBackendOptions = {}): void {
  const settled = withDefaults(runtime, options)
  if (!registered.has(settled.name)) {
    registered.add(settled.name)
    registerAll(allKernels, settled.name)
  }
  registerBackend(settled.name, () => new OnnxBackend(runtime, settled), 3)
}
