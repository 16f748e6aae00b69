import type { OnnxBackend } from '../backend/backend.ts'
import { DEFAULT_NAME, registerFactory } from '../backend/register.ts'
import { freeName, startBackend } from '../backend/start.ts'
import { checkNodeOptions, makeNodeBackend, type NodeBackendOptions } from './make.ts'

/**
 * Registers the backend over onnxruntime-node, which loads when tfjs makes the backend: at `await tf.setBackend('onnx')`. Takes the
 * place of an earlier registration of that name, such as the one that importing this package's `/node` makes. Where the backend
 * cannot be made, tfjs prints why and `setBackend` gives false; `startNodeBackend` throws instead.
 * @throws EngineError 'no-engine' where a backend of that name has been made already; 'bad-argument'
 */
export function registerNodeBackend(options: NodeBackendOptions = {}): void {
  checkNodeOptions(options)
  const name = options.name ?? DEFAULT_NAME
  freeName(name)
  registerFactory(name, () => makeNodeBackend(options))
}

/**
 * Registers the backend over onnxruntime-node, makes and selects it. Where that fails the error says why, and an earlier
 * registration of the name stays.
 * @returns the backend; its `runtime.name` says what runs it
 * @throws EngineError 'no-engine' where onnxruntime-node does not load, the device does not start, or a backend of that name has been
 *   made already; 'bad-argument'
 */
export async function startNodeBackend(options: NodeBackendOptions = {}): Promise<OnnxBackend> {
  checkNodeOptions(options)
  return startBackend(options.name ?? DEFAULT_NAME, await makeNodeBackend(options))
}
