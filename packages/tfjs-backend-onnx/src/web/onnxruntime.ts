import type { env, InferenceSession, Tensor } from 'onnxruntime-web'
import { checkNumber, refusal } from '../backend/check-options.ts'
import { EngineError } from '../errors.ts'
import type { OnnxRuntime, OnnxSession, RuntimeTensor } from '../execution/runtime.ts'

export interface WebRuntimeOptions {
  /**
   * Threads of one operator. More than one needs a page that is cross-origin isolated, since threads share memory. Default: there
   * all that the browser tells of, elsewhere 1.
   */
  readonly threads?: number
  /**
   * Where `ort-wasm-simd-threaded.wasm` and its `.mjs` of onnxruntime-web are served: a folder's URL with a slash at its end, or the
   * URL of each. Default: beside the script, where bundlers put them.
   */
  readonly wasmPaths?: string | { readonly wasm?: string; readonly mjs?: string }
}

/** What this package uses of onnxruntime-web. */
interface LoadedOnnxRuntime {
  readonly InferenceSession: typeof InferenceSession
  readonly Tensor: typeof Tensor
  readonly env: typeof env
}

/** @throws EngineError 'bad-argument' naming the option, what was found and what is expected */
export function checkWebOptions(options: WebRuntimeOptions): void {
  checkNumber(options, 'threads', 1)
  const { wasmPaths } = options
  if (wasmPaths !== undefined && typeof wasmPaths !== 'string' && (typeof wasmPaths !== 'object' || wasmPaths === null))
    throw refusal('wasmPaths', 'is no URL', 'give the URL of a folder, or { wasm, mjs }')
}

/** Threads that a page may have: one where memory cannot be shared between them. */
export function threadsOfPage(asked?: number): number {
  const { crossOriginIsolated = false, navigator } = globalThis
  return crossOriginIsolated ? (asked ?? navigator.hardwareConcurrency) : 1
}

/**
 * Runs compiled models with onnxruntime-web on WebAssembly. A page has one such runtime: where and with how many threads it runs is
 * settled by its first model.
 * @throws EngineError 'no-engine' where onnxruntime-web does not load
 */
export async function webRuntime(options: WebRuntimeOptions = {}): Promise<OnnxRuntime> {
  const ort = await load()
  const threads = threadsOfPage(options.threads)
  ort.env.logLevel = 'error'
  ort.env.wasm.numThreads = threads
  if (options.wasmPaths !== undefined) ort.env.wasm.wasmPaths = options.wasmPaths
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: ['wasm'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    logSeverityLevel: 3,
  }
  const version = ort.env.versions.web ?? ''
  let made = 0
  return {
    name: `onnxruntime-web ${version} (wasm, ${threads} ${threads === 1 ? 'thread' : 'threads'})`,
    provider: 'cpu',
    async create(model) {
      return new WebSession(++made, await ort.InferenceSession.create(model, sessionOptions), ort.Tensor)
    },
  }
}

async function load(): Promise<LoadedOnnxRuntime> {
  try {
    return await import('onnxruntime-web/wasm')
  } catch (cause) {
    throw new EngineError(
      'no-engine',
      `onnxruntime-web does not load (${cause instanceof Error ? cause.message : cause}); npm install onnxruntime-web`,
      { cause },
    )
  }
}

class WebSession implements OnnxSession {
  constructor(
    readonly id: number,
    private readonly session: InferenceSession,
    private readonly OrtTensor: typeof Tensor,
  ) {}

  /** Results are copied out of WebAssembly's memory by the runtime, and from there into the arrays that are kept. */
  async run(inputs: readonly RuntimeTensor[], outputs: readonly RuntimeTensor[]): Promise<void> {
    const feeds = Object.fromEntries(inputs.map((t) => [t.name, new this.OrtTensor(t.type, t.data, t.dims)]))
    const results = await this.session.run(
      feeds,
      outputs.map((t) => t.name),
    )
    for (const { name, data } of outputs) copy(results[name]?.data, data, name)
  }

  release(): Promise<void> {
    return this.session.release()
  }
}

function copy(from: unknown, to: RuntimeTensor['data'], name: string): void {
  const bytes = ArrayBuffer.isView(from) ? new Uint8Array(from.buffer, from.byteOffset, from.byteLength) : null
  if (bytes?.length !== to.byteLength)
    throw new EngineError(
      'run-failed',
      `onnxruntime-web gave ${bytes?.length ?? 'no'} bytes for ${name}, expected ${to.byteLength}`,
    )
  new Uint8Array(to.buffer, to.byteOffset, to.byteLength).set(bytes)
}
