import {
  type DataId,
  dispose,
  engine,
  getKernel,
  type Scalar,
  scalar,
  stack,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core'

/*
 * All that core tells an engine beside the kernels of tfjs. An engine that computes each kernel as it comes needs none of it; one
 * that compiles what was recorded is faster or takes less memory for it. No hint changes a result by more than rounding, and an
 * engine that knows none of them takes no notice.
 *
 *   constants        `hints.markConstant` of the backend object      markConstant
 *   inputs           `hints.keepAsInput` of the backend object       changingInput, inputVector, asInput
 *   recomputation    a kernel named 'Afterwards'                     computedAfter
 *   several steps    nothing is read between them                    readTogether
 */

/** What a tfjs backend may offer as its property `hints`. */
export interface EngineHints {
  /** The tensor's values never change: they may become part of compiled programs. */
  markConstant?(dataId: DataId): void
  /** The tensor's values differ from one run to the next: they must not become part of a compiled program. */
  keepAsInput?(dataId: DataId): void
}

/** An engine that takes no hints. */
const NONE: EngineHints = {}

/** The hints that the tensor's engine takes. */
function hintsOf(tensor: Tensor): EngineHints {
  const backend: unknown = engine().state.tensorInfo.get(tensor.dataId)?.backend
  return isObject(backend) && 'hints' in backend && isObject(backend.hints) ? backend.hints : NONE
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Tells the tensor's engine that its values never change. Returns the tensor. */
export function markConstant<T extends Tensor>(tensor: T): T {
  hintsOf(tensor).markConstant?.(tensor.dataId)
  return tensor
}

/** markConstant for each of a model's frozen weights. */
export function markConstants<W extends Readonly<Record<string, Tensor>>>(weights: W): W {
  for (const tensor of Object.values<Tensor>(weights)) markConstant(tensor)
  return weights
}

/** A number that differs from step to step: a compiling engine would take a scalar for a literal of the program otherwise. */
export const changingInput = (value: number): Scalar => asInput(scalar(value))

/** Values that differ from run to run, as a vector, even where they are all equal now. */
export const inputVector = (values: readonly number[] | Float32Array): Tensor1D =>
  asInput(tensor1d(Float32Array.from(values)))

/** Tells the tensor's engine that its values differ from run to run, even where they are all equal now. Returns the tensor. */
export function asInput<T extends Tensor>(tensor: T): T {
  hintsOf(tensor).keepAsInput?.(tensor.dataId)
  return tensor
}

/**
 * x, but as a tensor that is there no earlier than `after`. A compiling engine would take the second computation of a block for
 * its first and keep that one's results, or compute it long before it is needed; one that has the kernel 'Afterwards' is told
 * so. Others compute in the order in which they are asked.
 */
export function computedAfter<X extends Tensor>(x: X, after: Tensor): X {
  if (!getKernel('Afterwards', engine().backendName)) return x
  return engine().runKernel<X>('Afterwards', { x, after })
}

/**
 * Reads vectors of one length at once and disposes them. Whatever leads to them is computed together, so that an engine that
 * compiles what was recorded makes one program of several steps of a training, and what lies between them never leaves it.
 */
export async function readTogether(vectors: readonly Tensor1D[]): Promise<number[][]> {
  const table = tidy(() => stack([...vectors]))
  dispose([...vectors])
  const values = await table.data<'float32'>().finally(() => table.dispose())
  const length = values.length / vectors.length
  return vectors.map((_, i) => Array.from(values.slice(i * length, (i + 1) * length)))
}
