import type { OnnxBackend } from '../backend/backend.ts'
import { checkOptions } from '../backend/check-options.ts'
import type { OnnxBackendOptions } from '../backend/options.ts'
import { DEFAULT_NAME, makeBackend } from '../backend/register.ts'
import { startBackend } from '../backend/start.ts'
import { tryRuntime } from '../execution/try-runtime.ts'
import { checkWebOptions, type WebRuntimeOptions, webRuntime } from './onnxruntime.ts'

/** What a page may set: of the backend, and of onnxruntime-web. */
export interface WebBackendOptions extends OnnxBackendOptions, WebRuntimeOptions {}

/**
 * Registers the backend over onnxruntime-web, makes and selects it. Reads are asynchronous (`await tensor.data()`).
 * @returns the backend; its `runtime.name` says what runs it
 * @throws EngineError 'no-engine' where onnxruntime-web or its WebAssembly does not load, or a backend of that name has been made
 *   already; 'bad-argument'
 */
export async function startWebBackend(options: WebBackendOptions = {}): Promise<OnnxBackend> {
  checkOptions(options, ['threads', 'wasmPaths'])
  checkWebOptions(options)
  const runtime = await webRuntime(options)
  await tryRuntime(runtime)
  return startBackend(options.name ?? DEFAULT_NAME, await makeBackend(runtime, options))
}
