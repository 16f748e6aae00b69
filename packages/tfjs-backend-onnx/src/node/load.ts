import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { InferenceSession, OnnxValue, Tensor } from 'onnxruntime-node'
import { EngineError } from '../errors.ts'
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
 * @throws EngineError 'no-engine' when it is missing, its binary does not load, or it has another inner shape; as disableTelemetry
 */
export async function loadOnnxRuntime(): Promise<LoadedOnnxRuntime> {
  disableTelemetry()
  const { binding, Tensor, version } = await imported().catch((cause: unknown) => {
    const why = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0]!.trim().slice(0, 300)
    throw new EngineError(
      'no-engine',
      `onnxruntime-node does not start (${why}); npm install onnxruntime-node@1.30 on this platform, and where a program is ` +
        'bundled keep that package outside of the bundle',
      { cause },
    )
  })
  return { InferenceSession: binding.InferenceSession, Tensor, version }
}

async function imported() {
  const native: unknown = await import('onnxruntime-node/dist/binding.js')
  if (!isBinding(native)) throw new Error('its native binding has not the shape that version 1.30 has')
  const { Tensor, env } = await import('onnxruntime-node')
  native.initOrt()
  return { binding: native.binding, Tensor, version: env.versions.node ?? '' }
}

/**
 * The folder of the native library that has been loaded, null before. Node's cache of modules tells it wherever this code lies,
 * while a bundle may not know its own place (`import.meta.url` is undefined in one for CommonJS).
 */
function nativeFolder(): string | null {
  const { cache } = createRequire(process.execPath)
  const native = Object.keys(cache).find((file) => file.endsWith('onnxruntime_binding.node'))
  return native === undefined ? null : dirname(native)
}

/**
 * Whether onnxruntime-node's CUDA libraries are installed, which its own install script fetches; false where it does not load.
 * They may still not start: `startNodeBackend` tells.
 * @throws as disableTelemetry
 */
export async function hasCudaLibraries(): Promise<boolean> {
  disableTelemetry()
  try {
    await loadOnnxRuntime()
  } catch {
    return false
  }
  const folder = nativeFolder()
  const libraries = ['libonnxruntime_providers_cuda.so', 'onnxruntime_providers_cuda.dll']
  return folder !== null && libraries.some((file) => existsSync(join(folder, file)))
}
