import {
  type BackendValues,
  backend_util,
  DataStorage,
  type DataType,
  engine,
  type KernelBackend,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { EngineError } from '../errors.ts'
import type { ArrayPool } from '../execution/pool.ts'
import { filled } from '../ir/graph.ts'
import { elementType } from '../kernels/call.ts'
import { MAX_FOLDED } from '../passes/fold-constants.ts'
import type { Recorder } from '../recording/recorder.ts'
import { type ComplexParts, type RecordedNode, TensorData } from '../recording/tensor-data.ts'
import { uniformValue } from '../recording/uniform.ts'
import type { EngineHints } from './hints.ts'
import { asElements, asFloats } from './host-values.ts'

type DataId = TensorInfo['dataId']

/** What stands behind each data id, for as long as a tensor, a recorded kernel or a run needs it. */
export class TensorStore {
  readonly #data: DataStorage<TensorData>
  /** Bytes of constants that are kept as halves. */
  #halfBytes = 0

  constructor(
    private readonly backend: KernelBackend,
    private readonly recorder: Recorder,
    private readonly pool: ArrayPool,
  ) {
    this.#data = new DataStorage(backend, engine())
  }

  get halfBytes(): number {
    return this.#halfBytes
  }

  get count(): number {
    return this.#data.numDataIds()
  }

  has(dataId: DataId): boolean {
    return this.#data.has(dataId)
  }

  get(dataId: DataId): TensorData {
    return this.#data.get(dataId)
  }

  // ---- making

  add(data: TensorData, dataId: DataId = {}): DataId {
    this.#data.set(dataId, data)
    return dataId
  }

  /** Values as the host gives them; null is zeros. */
  write(values: BackendValues | null, shape: readonly number[], dtype: DataType, dataId: DataId = {}): TensorData {
    const data = new TensorData([...shape], dtype, 'resident')
    if (dtype === 'string' && Array.isArray(values)) {
      data.text = values.filter((item) => item instanceof Uint8Array)
    } else if (dtype === 'complex64') {
      data.parts = this.#splitParts(values, shape)
    } else if (values !== null && !Array.isArray(values)) {
      const typed = asElements(values, dtype)
      // [1] is data by convention: see hints.ts.
      const uniform = shape.length === 1 && shape[0] === 1 ? null : uniformValue(typed)
      if (uniform === null) data.values = typed
      else data.uniform = uniform
    } else {
      data.uniform = 0
    }
    this.add(data, dataId)
    return data
  }

  filled(shape: readonly number[], dtype: DataType, value: number): DataId {
    const data = new TensorData([...shape], dtype, 'resident')
    data.uniform = value
    return this.add(data)
  }

  joined(parts: ComplexParts, shape: readonly number[]): DataId {
    const data = new TensorData([...shape], 'complex64', 'resident')
    data.parts = parts
    return this.add(data)
  }

  /** Real and imaginary numbers by turns, as another backend hands a complex tensor over. */
  #splitParts(values: BackendValues | null, shape: readonly number[]): ComplexParts {
    const { real, imag } = backend_util.splitRealAndImagArrays(asFloats(values))
    const part = (numbers: Float32Array): DataId => {
      const dataId = {}
      this.write(numbers, shape, 'float32', dataId)
      return dataId
    }
    return { real: part(real), imag: part(imag) }
  }

  partsOf({ dataId, shape, dtype }: TensorInfo): ComplexParts {
    const { parts } = this.get(dataId)
    if (!parts) throw new EngineError('unsupported', `a tensor [${shape}] of type ${dtype} is not complex`)
    return parts
  }

  // ---- hints

  readonly hints: EngineHints = {
    markConstant: (dataId) => {
      if (!this.has(dataId)) return
      const data = this.get(dataId)
      data.constantHint = true
      // Biases and norms stay as they are, for passes to compute with.
      if (data.size > MAX_FOLDED && data.keepAsHalves()) this.#halfBytes += data.halves?.byteLength ?? 0
    },
    keepAsInput: (dataId) => {
      if (!this.has(dataId)) return
      const data = this.get(dataId)
      // A graph under way may have taken it for a literal.
      if (data.readers > 0) return
      data.constantHint = false
      if (data.uniform === null) return
      data.values = filled(elementType(data.dtype), data.size, data.uniform)
      data.uniform = null
    },
  }

  // ---- letting go

  /** @returns whether nobody refers to the data any more */
  dispose(dataId: DataId, force = false): boolean {
    if (!this.has(dataId)) return true
    const data = this.get(dataId)
    data.refCount--
    if (!force && data.refCount > 0) return false
    data.refCount = 0
    this.#data.delete(dataId)
    if (data.parts) this.#releaseParts(data.parts)
    if (data.state === 'pending') this.unread(this.recorder.release(data))
    else this.reclaim(data)
    return true
  }

  /** tfjs still counts a part as a buffer whose own tensor was disposed of while this complex one needed it. */
  #releaseParts({ real, imag }: ComplexParts): void {
    for (const part of [real, imag]) if (this.dispose(part)) engine().removeDataId(part, this.backend)
  }

  /** These kernels will not read their inputs any more. */
  unread(nodes: readonly RecordedNode[]): void {
    for (const node of nodes) {
      for (const input of node.inputs) {
        input.readers--
        this.reclaim(input)
      }
    }
  }

  /** Gives an unreferenced tensor's array back, unless a waiting or running flush still needs it. */
  reclaim(data: TensorData): void {
    if (data.refCount > 0 || data.readers > 0 || data.state === 'in-flight') return
    if (data.pooled && data.values) this.pool.give(elementType(data.dtype), data.values)
    data.pooled = false
    data.values = null
    this.#halfBytes -= data.halves?.byteLength ?? 0
    data.halves = null
  }
}
