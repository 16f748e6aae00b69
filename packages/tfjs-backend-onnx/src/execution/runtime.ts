import type { ElementType, TensorValues } from '../onnx/types.ts'

/** A tensor as a runtime takes it: row-major values of `dims`, named as in the model. */
export interface RuntimeTensor {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly data: TensorValues
}

/** A compiled model. Results are written into the arrays that `outputs` bring, so that nothing is allocated a run. */
export interface OnnxSession {
  /** Number of this session at its runtime, for reports. */
  readonly id?: number
  run(inputs: readonly RuntimeTensor[], outputs: readonly RuntimeTensor[]): Promise<void>
  /** The same without leaving the current turn; absent where the runtime cannot. */
  runSync?(inputs: readonly RuntimeTensor[], outputs: readonly RuntimeTensor[]): void
  /** Frees the session's memory and threads; no run may follow. */
  release(): Promise<void> | void
}

/** What this backend asks of a runtime. `/node` implements it with onnxruntime-node. */
export interface OnnxRuntime {
  /** For messages and reports, e.g. "onnxruntime-node 1.30.0 (cpu)". */
  readonly name: string
  readonly provider: 'cpu' | 'cuda' | 'webgpu'
  /** Compiles the bytes of a model file. */
  create(model: Uint8Array): Promise<OnnxSession>
  createSync?(model: Uint8Array): OnnxSession
}
