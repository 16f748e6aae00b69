import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { EngineError } from '@stablesig/tfjs-backend-onnx'
import type { InferenceSession, OnnxValue, Tensor } from 'onnxruntime-node'
import { disableTelemetry } from './telemetry.ts'

/** The native session under onnxruntime-node's public one: it runs synchronously and takes arrays to write results into. */
export interface NativeSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: InferenceSession.SessionOptions): void
  run(
    feeds: Record<string, OnnxValue>,
    fetches: Record<string, OnnxValue | null>,
    options: InferenceSession.RunOptions,
  ): Record<string, OnnxValue>
  endProfiling(): void
  dispose(): void
}

/** What this package uses of onnxruntime-node. */
export interface LoadedOnnxRuntime {
  readonly InferenceSession: new () => NativeSession
  readonly Tensor: typeof Tensor
  /** Of the installed package, e.g. '1.30.0'; '' where it does not tell. */
  readonly version: string
}

interface NativeBinding {
  readonly binding: { readonly InferenceSession: new () => NativeSession }
  readonly initOrt: () => void
}

function isBinding(loaded: unknown): loaded is NativeBinding {
  if (typeof loaded !== 'object' || loaded === null || !('binding' in loaded) || !('initOrt' in loaded)) return false
  const { binding, initOrt } = loaded
  return (
    typeof initOrt === 'function' && typeof binding === 'object' && binding !== null && 'InferenceSession' in binding
  )
}

/**
 * Loads onnxruntime-node, without its telemetry: nothing else in this package imports it but for types. Each module is
 * imported by a dynamic import of its own: what throws below a static import of a module that is itself imported dynamically
 * ends Node 20 as an unhandled rejection, even where the error is caught; and bundlers of both module systems follow imports.
 * @throws Node's own error when it is missing or its binary does not load; EngineError 'no-engine' when it has another inner
 *   shape; StableSigError as disableTelemetry
 */
export async function loadOnnxRuntime(): Promise<LoadedOnnxRuntime> {
  disableTelemetry()
  const binding: unknown = await import('onnxruntime-node/dist/binding.js')
  if (!isBinding(binding)) {
    throw new EngineError('no-engine', 'onnxruntime-node has no native binding of the expected shape; version 1.30 has')
  }
  const { Tensor, env } = await import('onnxruntime-node')
  binding.initOrt()
  return { InferenceSession: binding.binding.InferenceSession, Tensor, version: env.versions.node ?? '' }
}

/**
 * The folder of the native library that has been loaded, null before. Node's cache of modules tells it wherever this code lies,
 * while a bundle may not know its own place (`import.meta.url` is undefined in one for CommonJS).
 */
export function nativeFolder(): string | null {
  const { cache } = createRequire(process.execPath)
  const native = Object.keys(cache).find((file) => file.endsWith('onnxruntime_binding.node'))
  return native === undefined ? null : dirname(native)
}
