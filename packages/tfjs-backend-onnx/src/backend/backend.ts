import {
  type BackendValues,
  backend_util,
  DataStorage,
  type DataType,
  engine,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { EngineError } from '../errors.ts'
import { Executor, noSyncRead } from '../execution/executor.ts'
import type { OnnxRuntime } from '../execution/runtime.ts'
import { filled } from '../ir/graph.ts'
import { toLogicalOrder } from '../ir/permutation.ts'
import { elementType, RecordingBackend } from '../kernels/call.ts'
import { MAX_FOLDED } from '../passes/fold-constants.ts'
import type { Flush } from '../recording/flush.ts'
import { Recorder } from '../recording/recorder.ts'
import {
  type ComplexParts,
  type Component,
  type Lower,
  type RecordedNode,
  TensorData,
} from '../recording/tensor-data.ts'
import { uniformValue } from '../recording/uniform.ts'
import type { EngineHints } from './hints.ts'
import { asElements, asFloats, asHost } from './host-values.ts'
import type { EngineOptions } from './options.ts'
import { addToStats, type EngineStats, emptyStats, type FlushReport } from './report.ts'

type DataId = TensorInfo['dataId']

/** A flush waiting for its turn. */
interface Job extends Flush {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * A tfjs backend that records kernels and computes nothing until a value is read. Then everything pending that the value is
 * connected with (forward, backward and optimiser update alike) becomes one ONNX model, kept by its structure, and runs.
 */
export class OnnxBackend extends RecordingBackend {
  readonly stats: EngineStats = emptyStats()
  lastReport: FlushReport | null = null
  readonly #data: DataStorage<TensorData>
  readonly #recorder = new Recorder()
  readonly #executor: Executor
  readonly #queue: Job[] = []
  /** The flush that an asynchronous runtime is busy with. */
  #running: Promise<void> | null = null
  /** Bytes of constants that are kept as halves. */
  #halfBytes = 0
  #disposed = false

  constructor(
    readonly runtime: OnnxRuntime,
    private readonly options: EngineOptions,
  ) {
    super()
    this.#data = new DataStorage(this, engine())
    this.#executor = new Executor(runtime, this.#recorder, options)
  }

  // ---- tensors

  override write(values: BackendValues | null, shape: number[], dtype: DataType): DataId {
    const dataId = {}
    this.#store(dataId, values, shape, dtype)
    return dataId
  }

  override move(dataId: DataId, values: BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    this.#store(dataId, values, shape, dtype).refCount = refCount
  }

  #store(dataId: DataId, values: BackendValues | null, shape: readonly number[], dtype: DataType): TensorData {
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
    this.#data.set(dataId, data)
    return data
  }

  override filled(shape: readonly number[], dtype: DataType, value: number): TensorInfo {
    const dataId = {}
    const data = new TensorData([...shape], dtype, 'resident')
    data.uniform = value
    this.#data.set(dataId, data)
    return { dataId, shape: [...shape], dtype }
  }

  /** Real and imaginary numbers by turns, as another backend hands a complex tensor over. */
  #splitParts(values: BackendValues | null, shape: readonly number[]): ComplexParts {
    const { real, imag } = backend_util.splitRealAndImagArrays(asFloats(values))
    const part = (numbers: Float32Array) => this.write(numbers, [...shape], 'float32')
    return { real: part(real), imag: part(imag) }
  }

  override joined(real: TensorInfo, imag: TensorInfo): TensorInfo {
    const dataId = {}
    const data = new TensorData([...real.shape], 'complex64', 'resident')
    data.parts = { real: real.dataId, imag: imag.dataId }
    this.#data.set(dataId, data)
    return { dataId, shape: [...real.shape], dtype: 'complex64' }
  }

  override partsOf(x: TensorInfo): { readonly real: TensorInfo; readonly imag: TensorInfo } {
    const { parts } = this.#data.get(x.dataId)
    if (!parts) throw new EngineError('unsupported', `a tensor [${x.shape}] of type ${x.dtype} is not complex`)
    const part = (dataId: DataId): TensorInfo => ({ dataId, shape: [...x.shape], dtype: 'float32' })
    return { real: part(parts.real), imag: part(parts.imag) }
  }

  override numDataIds(): number {
    return this.#data.numDataIds()
  }

  override refCount(dataId: DataId): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).refCount : 0
  }

  override incRef(dataId: DataId): void {
    this.#data.get(dataId).refCount++
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#data.has(dataId)) return true
    const data = this.#data.get(dataId)
    data.refCount--
    if (!force && data.refCount > 0) return false
    data.refCount = 0
    this.#data.delete(dataId)
    if (data.parts) this.#releaseParts(data.parts)
    if (data.state === 'pending') this.#unread(this.#recorder.release(data))
    else this.#reclaim(data)
    return true
  }

  /** tfjs still counts a part as a buffer whose own tensor was disposed of while this complex one needed it. */
  #releaseParts({ real, imag }: ComplexParts): void {
    for (const part of [real, imag]) if (this.disposeData(part)) engine().removeDataId(part, this)
  }

  /** These kernels will not read their inputs any more. */
  #unread(nodes: readonly RecordedNode[]): void {
    for (const node of nodes) {
      for (const input of node.inputs) {
        input.readers--
        this.#reclaim(input)
      }
    }
  }

  /** Gives an unreferenced tensor's array back, unless a waiting or running flush still needs it. */
  #reclaim(data: TensorData): void {
    if (data.refCount > 0 || data.readers > 0 || data.state === 'in-flight') return
    if (data.pooled && data.values) this.#executor.pool.give(elementType(data.dtype), data.values)
    data.pooled = false
    data.values = null
    this.#halfBytes -= data.halves?.byteLength ?? 0
    data.halves = null
  }

  override readonly hints: EngineHints = {
    markConstant: (dataId) => {
      if (!this.#data.has(dataId)) return
      const data = this.#data.get(dataId)
      data.constantHint = true
      // Biases and norms stay as they are, for passes to compute with.
      if (data.size > MAX_FOLDED && data.keepAsHalves()) this.#halfBytes += data.halves?.byteLength ?? 0
    },
    keepAsInput: (dataId) => {
      if (!this.#data.has(dataId)) return
      const data = this.#data.get(dataId)
      // A graph under way may have taken it for a literal.
      if (data.readers > 0) return
      data.constantHint = false
      if (data.uniform === null) return
      data.values = filled(elementType(data.dtype), data.size, data.uniform)
      data.uniform = null
    },
  }

  /** As `hints.markConstant`. */
  markConstant(dataId: DataId): void {
    this.hints.markConstant(dataId)
  }

  /** What stands behind a tensor: its values, or the recorded kernels that lead to it, which an export writes out. */
  dataOf(dataId: DataId): TensorData {
    return this.#data.get(dataId)
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
      const data = this.#data.get(input.dataId)
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
      const dataId = {}
      this.#data.set(dataId, data)
      made.push(data)
      results.push({ dataId, shape: [...shape], dtype })
    }
    const signature = this.#recorder.signature(text)
    const node = this.#recorder.record(name, signature, sources, shapes, made, lower)
    const component = node.component.root()
    if (component.nodes.length >= this.options.maxPending) this.#flushComponent(component)
    return results
  }

  // ---- flushing

  /** Computes everything pending. Resolves when it is there. */
  async flush(): Promise<void> {
    const jobs = [...this.#recorder.components].map((component) => this.#begin(component))
    await Promise.all(jobs)
  }

  #flushComponent(component: Component): void {
    const done = this.#begin(component)
    // A failure is kept with the tensors and thrown where one of them is read.
    done.catch(() => {})
    if (this.#canSync()) this.#drain()
  }

  #canSync(): boolean {
    return this.runtime.createSync !== undefined && this.#running === null
  }

  /** Takes a component out of the pending graph: its live outputs are in flight from now on. */
  #begin(component: Component): Promise<void> {
    const nodes = this.#recorder.take(component)
    const roots = nodes.flatMap((node) => node.outputs.filter((output) => output.refCount > 0))
    let settle: Pick<Job, 'resolve' | 'reject'> | undefined
    const done = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject }
    })
    for (const root of roots) {
      root.state = 'in-flight'
      root.flight = done
    }
    this.#queue.push({ nodes, roots, ...settle! })
    void this.#pump()
    return done
  }

  #pumping = false

  /** Runs waiting flushes in turn, each after a turn of the event loop: timers and signals come in between. */
  async #pump(): Promise<void> {
    if (this.#pumping) return
    this.#pumping = true
    while (this.#queue.length > 0) {
      await nextTurn()
      // A synchronous read may have run everything meanwhile.
      const job = this.#queue.shift()
      if (!job) continue
      if (this.#canSync()) this.#runNow(job)
      else {
        this.#running = this.#executor.run(job).then(
          (report) => this.#settle(job, report, null),
          (error: unknown) => this.#settle(job, null, error),
        )
        await this.#running
        this.#running = null
      }
    }
    this.#pumping = false
  }

  /** Runs waiting flushes now. */
  #drain(): void {
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) this.#runNow(job)
  }

  #runNow(job: Job): void {
    let report: FlushReport | null = null
    let failure: unknown = null
    try {
      report = this.#executor.runSync(job)
    } catch (error) {
      failure = error ?? new EngineError('run-failed', 'the runtime failed without a reason')
    }
    this.#settle(job, report, failure)
  }

  #settle(job: Job, report: FlushReport | null, failure: unknown): void {
    for (const root of job.roots) {
      root.flight = null
      root.node = null
      root.state = failure === null ? 'resident' : 'failed'
      if (failure !== null) root.error = asError(failure)
    }
    this.#unread(job.nodes)
    for (const root of job.roots) this.#reclaim(root)
    if (failure !== null) {
      job.reject(asError(failure))
      return
    }
    if (report) {
      addToStats(this.stats, report)
      this.lastReport = report
      this.options.onFlush?.(report)
    }
    job.resolve()
  }

  // ---- reading

  override async read(dataId: DataId): Promise<BackendValues> {
    const data = this.#data.get(dataId)
    if (data.parts) {
      const [real, imag] = await Promise.all([this.read(data.parts.real), this.read(data.parts.imag)])
      return this.#interleaved(real, imag)
    }
    if (data.state === 'pending' && data.node) await this.#begin(data.node.component.root())
    else if (data.flight) await data.flight
    return this.#hostValues(data)
  }

  override readSync(dataId: DataId): BackendValues {
    const data = this.#data.get(dataId)
    if (data.parts) return this.#interleaved(this.readSync(data.parts.real), this.readSync(data.parts.imag))
    if (data.state === 'pending' || data.state === 'in-flight') {
      if (!this.#canSync()) throw noSyncRead(this.runtime)
      if (data.state === 'pending' && data.node) this.#begin(data.node.component.root()).catch(() => {})
      this.#drain()
    }
    return this.#hostValues(data)
  }

  /** Real and imaginary numbers by turns: how tfjs reads a complex tensor. */
  #interleaved(real: BackendValues, imag: BackendValues): Float32Array {
    return backend_util.mergeRealAndImagArrays(asFloats(real), asFloats(imag))
  }

  /** Values in logical order. They may be kept by the caller: their array is never used again here. */
  #hostValues(data: TensorData): BackendValues {
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
      halfBytes: this.#halfBytes,
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
    void Promise.resolve(this.#running).then(() => this.#executor.dispose())
  }

  /** Resolves when nothing is running any more and every session is released. */
  async settled(): Promise<void> {
    while (this.#running || this.#queue.length > 0) await (this.#running ?? Promise.resolve())
    if (this.#disposed) await this.#executor.dispose()
  }
}

/** Node's, and not there in a browser. */
declare const setImmediate: ((task: () => void) => unknown) | undefined

/** Lets the event loop turn: the way that waits least, where there is one. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}

function asError(failure: unknown): Error {
  if (failure instanceof Error) return failure
  return new EngineError('run-failed', `the runtime failed: ${String(failure)}`)
}
