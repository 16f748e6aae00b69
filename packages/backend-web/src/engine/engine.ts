/** What computes: the GPU through WebGPU or WebGL, the compiled engine on WebAssembly, or plain JavaScript. */
export type Device = 'webgpu' | 'webgl' | 'wasm' | 'cpu'

/** In the order in which 'auto' tries them. */
export const DEVICES: readonly Device[] = ['webgpu', 'webgl', 'wasm', 'cpu']

/** What runs the graphs, and why it was chosen. */
export interface Engine {
  readonly device: Device
  /** e.g. 'tfjs-backend-webgpu (nvidia ampere)', 'onnxruntime-web 1.30.0 (wasm, 8 threads)' */
  readonly engine: string
  /** One sentence for people. */
  readonly reason: string
  /** Processor threads that the engine computes with; 1 where a GPU does the work. */
  readonly threads: number
  /** What 'auto' would have liked better, and why it was not taken; empty for a device that was asked for. */
  readonly passedOver: readonly PassedOver[]
}

export interface PassedOver {
  readonly device: Device
  readonly reason: string
}

/** A way of computing that this page has. */
export interface Start {
  /** Registers and selects the tfjs backend. @returns the engine's name and threads; throws where it does not start */
  start(): Promise<Pick<Engine, 'engine' | 'threads'>>
  /** Why 'auto' should not take it though it may start, such as a GPU that is none; null where nothing speaks against it. */
  objection(): Promise<string | null>
}
