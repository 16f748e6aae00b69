import type { OnnxBackendOptions } from '@stablesig/tfjs-backend-onnx'
import type { WebRuntimeOptions } from '@stablesig/tfjs-backend-onnx/web'
import type { Start } from './engine.ts'

/** What a page may set of the compiled engine. */
export type WasmOptions = WebRuntimeOptions & Pick<OnnxBackendOptions, 'maxSessions'>

/**
 * Compiled graphs kept, each with the memory of its weights: WebAssembly has 4 GiB in all. A step of signing and what judges it need
 * fewer.
 */
const MAX_SESSIONS = 8

/** The compiled engine over onnxruntime-web: a graph for each step or image, with every gradient. */
export const wasm = (options: WasmOptions): Start => ({
  objection: async () => null,
  async start() {
    const { startWebBackend, threadsOfPage } = await import('@stablesig/tfjs-backend-onnx/web')
    const { runtime } = await startWebBackend({ maxSessions: MAX_SESSIONS, ...options })
    return { engine: runtime.name, threads: threadsOfPage(options.threads) }
  },
})
