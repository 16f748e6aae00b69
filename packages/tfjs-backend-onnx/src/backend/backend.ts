import { type BackendValues, backend_util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core'
import { EngineError } from '../errors.ts'
import { Executor, noSyncRead } from '../execution/executor.ts'
import type { OnnxRuntime } from '../execution/runtime.ts'
import { filled } from '../ir/graph.ts'
import { toLogicalOrder } from '../ir/permutation.ts'
import { elementType, RecordingBackend } from '../kernels/call.ts'
import type { Flush } from '../recording/flush.ts'
import { Recorder } from '../recording/recorder.ts'
import { type Lower, TensorData } from '../recording/tensor-data.ts'
import { FlushQueue } from './flush-queue.ts'
import type { EngineHints } from './hints.ts'
import { asFloats, asHost } from './host-values.ts'
import type { EngineOptions } from './options.ts'
import { addToStats, type EngineStats, emptyStats, type FlushReport } from './report.ts'
import { TensorStore } from './tensor-store.ts'

type DataId = TensorInfo['dataId']

/**
 * A tfjs backend that records kernels and computes nothing until a value is read. Then everything pending that the value is
 * connected with (forward, backward and optimiser update alike) becomes one ONNX model, kept by its structure, and runs.
 */
export class OnnxBackend extends RecordingBackend {
  readonly stats: EngineStats = emptyStats()
  lastReport: FlushReport | null = null
  readonly #recorder = new Recorder()
  readonly #executor: Executor
  readonly #store: TensorStore
  readonly #queue: FlushQueue
  #disposed = false

  constructor(
    readonly runtime: OnnxRuntime,
    private readonly options: EngineOptions,
  ) {
    super()
    this.#executor = new Executor(runtime, this.#recorder, options)
    this.#store = new TensorStore(this, this.#recorder, this.#executor.pool)
    this.#queue = new FlushQueue(runtime, this.#recorder, this.#executor, (flush, report) =>
      this.#settled(flush, report),
    )
  }

  /** What a program may say about tensors beside computing with them. */
  override get hints(): EngineHints {
    return this.#store.hints
  }

  // ---- tensors

  override write(values: BackendValues | null, shape: number[], dtype: DataType): DataId {
    const dataId = {}
    this.#store.write(values, shape, dtype, dataId)
    return dataId
  }

  override move(dataId: DataId, values: BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    this.#store.write(values, shape, dtype, dataId).refCount = refCount
  }

  override filled(shape: readonly number[], dtype: DataType, value: number): TensorInfo {
    return { dataId: this.#store.filled(shape, dtype, value), shape: [...shape], dtype }
  }

  override joined(real: TensorInfo, imag: TensorInfo): TensorInfo {
    const dataId = this.#store.joined({ real: real.dataId, imag: imag.dataId }, real.shape)
    return { dataId, shape: [...real.shape], dtype: 'complex64' }
  }

  override partsOf(x: TensorInfo): { readonly real: TensorInfo; readonly imag: TensorInfo } {
    const { real, imag } = this.#store.partsOf(x)
    const part = (dataId: DataId): TensorInfo => ({ dataId, shape: [...x.shape], dtype: 'float32' })
    return { real: part(real), imag: part(imag) }
  }

  override numDataIds(): number {
    return this.#store.count
  }

  override refCount(dataId: DataId): number {
    return this.#store.has(dataId) ? this.#store.get(dataId).refCount : 0
  }

  override incRef(dataId: DataId): void {
    this.#store.get(dataId).refCount++
  }

  override disposeData(dataId: DataId, force = false): boolean {
    return this.#store.dispose(dataId, force)
  }

  /** What stands behind a tensor: its values, or the recorded kernels that lead to it, which an export writes out. */
  dataOf(dataId: DataId): TensorData {
    return this.#store.get(dataId)
  }

  // ---- recording

  override record(
    name: string,
    attributes: string,
    inputs: readonly TensorInfo[],
    outputs: readonly { readonly shape: readonly number[]; readonly dtype: DataType }[],
    lower: Lower,
  ): TensorInfo[] {
    if (this.#disposed) throw new EngineError('disposed', `${name}: the onnx backend has been disposed`)
    let text = `${name}(${attributes}`
    const sources: TensorData[] = []
    const shapes: (readonly number[])[] = []
    for (const input of inputs) {
      const data = this.#store.get(input.dataId)
      data.readers++
      sources.push(data)
      shapes.push(input.shape)
      text += `|${input.dtype}[${input.shape}]`
    }
    const results: TensorInfo[] = []
    const made: TensorData[] = []
    text += ')'
    for (const { shape, dtype } of outputs) {
      text += `>${dtype}`
      const data = new TensorData(shape, dtype, 'pending')
      made.push(data)
      results.push({ dataId: this.#store.add(data), shape: [...shape], dtype })
    }
    const signature = this.#recorder.signature(text)
    const node = this.#recorder.record(name, signature, sources, shapes, made, lower)
    const component = node.component.root()
    if (component.nodes.length >= this.options.maxPending) {
      this.#queue.beginUnawaited(component)
      if (this.#queue.canSync) this.#queue.drain()
    }
    return results
  }

  // ---- computing

  /** Computes everything pending. Resolves when it is there. */
  async flush(): Promise<void> {
    const jobs = [...this.#recorder.components].map((component) => this.#queue.begin(component))
    await Promise.all(jobs)
  }

  #settled({ nodes, roots }: Flush, report: FlushReport | null): void {
    this.#store.unread(nodes)
    for (const root of roots) this.#store.reclaim(root)
    if (report === null) return
    addToStats(this.stats, report)
    this.lastReport = report
    this.options.onFlush?.(report)
  }

  // ---- reading

  override async read(dataId: DataId): Promise<BackendValues> {
    const data = this.#store.get(dataId)
    if (data.parts) {
      const [real, imag] = await Promise.all([this.read(data.parts.real), this.read(data.parts.imag)])
      return interleaved(real, imag)
    }
    if (data.state === 'pending' && data.node) await this.#queue.begin(data.node.component.root())
    else if (data.flight) await data.flight
    return hostValues(data)
  }

  override readSync(dataId: DataId): BackendValues {
    const data = this.#store.get(dataId)
    if (data.parts) return interleaved(this.readSync(data.parts.real), this.readSync(data.parts.imag))
    if (data.state === 'pending' || data.state === 'in-flight') {
      if (!this.#queue.canSync) throw noSyncRead(this.runtime)
      if (data.state === 'pending' && data.node) this.#queue.beginUnawaited(data.node.component.root())
      this.#queue.drain()
    }
    return hostValues(data)
  }

  // ---- the rest of tfjs' contract

  override floatPrecision(): 16 | 32 {
    return 32
  }

  override memory(): {
    unreliable: boolean
    sessions: number
    constantBytes: number
    pooledBytes: number
    halfBytes: number
    pending: number
  } {
    let pending = 0
    for (const component of this.#recorder.components) pending += component.nodes.length
    const { sessions, pool } = this.#executor
    return {
      unreliable: false,
      sessions: sessions.size,
      constantBytes: sessions.constantBytes,
      pooledBytes: pool.bytes,
      halfBytes: this.#store.halfBytes,
      pending,
    }
  }

  override timerAvailable(): boolean {
    return true
  }

  override async time(f: () => void): Promise<{ kernelMs: number }> {
    const started = performance.now()
    f()
    await this.flush()
    return { kernelMs: performance.now() - started }
  }

  /** Releases sessions and memory. Tensors of this backend cannot be read afterwards. */
  override dispose(): void {
    this.#disposed = true
    this.#recorder.components.clear()
    void this.#queue.idle().then(() => this.#executor.dispose())
  }

  /** Resolves when nothing is running any more and every session is released. */
  async settled(): Promise<void> {
    while (this.#queue.busy) await this.#queue.idle()
    if (this.#disposed) await this.#executor.dispose()
  }
}

/** Real and imaginary numbers by turns: how tfjs reads a complex tensor. */
function interleaved(real: BackendValues, imag: BackendValues): Float32Array {
  return backend_util.mergeRealAndImagArrays(asFloats(real), asFloats(imag))
}

/** Values in logical order. They may be kept by the caller: their array is never used again here. */
function hostValues(data: TensorData): BackendValues {
  if (data.error) throw data.error
  if (data.text) return data.text
  if (data.uniform !== null) return asHost(filled(elementType(data.dtype), data.size, data.uniform))
  const values = data.expanded
  if (!values) throw new EngineError('run-failed', `tensor [${data.shape}] has no values`)
  if (!data.perm) {
    data.pooled = false
    return asHost(values)
  }
  return asHost(toLogicalOrder(values, data.shape, data.perm, values.slice()))
}
