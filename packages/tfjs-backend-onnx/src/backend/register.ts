import { registerBackend } from '@tensorflow/tfjs-core'
import { probe } from '../execution/probe.ts'
import type { OnnxRuntime } from '../execution/runtime.ts'
import { registerAll } from '../kernels/call.ts'
import { registerGradients } from '../kernels/gradients.ts'
import { allKernels } from '../kernels/index.ts'
import { registerMissing } from '../kernels/missing.ts'
import { OnnxBackend } from './backend.ts'
import { checkOptions } from './check-options.ts'
import { type OnnxBackendOptions, withDefaults } from './options.ts'

export const DEFAULT_NAME = 'onnx'

/** Before tfjs' backends for processors: where a program selects none, tfjs takes this one. */
export const PRIORITY = 3

const withKernels = new Set<string>()

/** Registers kernels and a way to make the backend. As tfjs does, an earlier registration of the name stays, with a warning. */
export function registerFactory(name: string, make: () => Promise<OnnxBackend>): void {
  if (!withKernels.has(name)) {
    withKernels.add(name)
    registerAll(allKernels, name)
    registerMissing(name)
    registerGradients()
  }
  registerBackend(name, make, PRIORITY)
}

/** What the runtime has beyond ONNX itself is tried out here. */
export async function makeBackend(runtime: OnnxRuntime, options: OnnxBackendOptions): Promise<OnnxBackend> {
  return new OnnxBackend(runtime, withDefaults(runtime, options, await probe(runtime)))
}

/**
 * Registers the compiled backend with tfjs, as 'onnx' unless named otherwise. `tf.setBackend('onnx')` makes and selects it.
 * A name is registered once; further calls with it have no effect, as in tfjs itself.
 * @throws EngineError 'bad-argument'
 */
export function registerOnnxBackend(runtime: OnnxRuntime, options: OnnxBackendOptions = {}): void {
  checkOptions(options)
  registerFactory(options.name ?? DEFAULT_NAME, () => makeBackend(runtime, options))
}
