import type { FlushReport } from '../backend/report.ts'
import { compile } from '../compiler/compile.ts'
import type { Compiled, LeafRole } from '../compiler/compiled-model.ts'
import { EngineError } from '../errors.ts'
import { filled } from '../ir/graph.ts'
import { sizeOf } from '../ir/shape.ts'
import { elementType } from '../kernels/call.ts'
import type { Target } from '../lowering/lowering.ts'
import type { ElementType, TensorValues } from '../onnx/types.ts'
import type { PassName } from '../passes/index.ts'
import { type Flush, hashOf, type LiveGraph, liveGraph, StructureKey } from '../recording/flush.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { TensorData } from '../recording/tensor-data.ts'
import { ArrayPool } from './pool.ts'
import type { OnnxRuntime, OnnxSession, RuntimeTensor } from './runtime.ts'
import { type Lookup, SessionCache, type SessionEntry, type SessionLimits, type SharedSession } from './sessions.ts'

export interface ExecutorOptions extends SessionLimits {
  readonly maxPoolBytes: number
  readonly passes: ReadonlySet<PassName>
  readonly target: Target
}

/** Kernels up to which a graph may be of any size: those of a training step are not, and are not compiled twice. */
const MAX_OF_ANY_SIZE = 256

const NOTHING = { compiled: null, shared: null, anySize: false } as const

/** A flush between its steps: what to run, and what has been measured so far. */
interface Prepared {
  readonly flush: Flush
  readonly live: LiveGraph
  readonly lookup: Lookup
  readonly compiled: Compiled | null
  /** Where a compiled model runs: in a session that is there, or in one to be made from these bytes. */
  readonly shared: SharedSession | null
  readonly bytes: Uint8Array | null
  readonly anySize: boolean
  readonly keyMs: number
  readonly compileMs: number
}

interface Bound {
  readonly entry: SessionEntry
  readonly inputs: RuntimeTensor[]
  readonly outputs: RuntimeTensor[]
  readonly pooled: boolean[]
  /** Leaves whose memory results are written into. */
  readonly overwritten: ReadonlySet<TensorData>
}

/** Compiles and runs flushes, one at a time: the caller serialises. */
export class Executor {
  readonly sessions: SessionCache
  readonly pool: ArrayPool
  #count = 0

  constructor(
    private readonly runtime: OnnxRuntime,
    private readonly recorder: Recorder,
    private readonly options: ExecutorOptions,
  ) {
    this.sessions = new SessionCache(options, (id) => this.recorder.signatureText(id))
    this.pool = new ArrayPool(options.maxPoolBytes)
  }

  async run(flush: Flush): Promise<FlushReport> {
    const prepared = this.#prepare(flush)
    const started = performance.now()
    const session = prepared.bytes ? await this.runtime.create(prepared.bytes) : null
    const created = performance.now()
    const bound = this.#bind(prepared, session)
    await bound.entry.shared.session.run(bound.inputs, bound.outputs)
    return this.#finish(prepared, bound, created - started, performance.now() - created)
  }

  runSync(flush: Flush): FlushReport {
    const prepared = this.#prepare(flush)
    const started = performance.now()
    const createSync = this.runtime.createSync
    if (!createSync) throw noSyncRead(this.runtime)
    const session = prepared.bytes ? createSync.call(this.runtime, prepared.bytes) : null
    const created = performance.now()
    const bound = this.#bind(prepared, session)
    const { session: made } = bound.entry.shared
    const runSync = made.runSync
    if (!runSync) throw noSyncRead(this.runtime)
    runSync.call(made, bound.inputs, bound.outputs)
    return this.#finish(prepared, bound, created - started, performance.now() - created)
  }

  #prepare(flush: Flush): Prepared {
    const started = performance.now()
    const live = liveGraph(flush)
    for (const leaf of live.leaves) {
      if (leaf.error) throw leaf.error
      if (leaf.state !== 'resident')
        throw new EngineError('run-failed', `a flush began before its input was made (${leaf.state})`)
    }
    const key = StructureKey.of(live, (leaf) => this.recorder.signature(leafKind(leaf)))
    const lookup = this.sessions.lookup(key, live)
    const keyed = performance.now()
    const { compiled, shared, anySize } = lookup.entry ? NOTHING : this.#compile(live, lookup.roles)
    const bytes = compiled && !shared ? compiled.encode(anySize) : null
    const compileMs = performance.now() - keyed
    return { flush, live, lookup, compiled, shared, bytes, anySize, keyMs: keyed - started, compileMs }
  }

  /**
   * Compiles a graph, and finds the session of other sizes that serves it. Convolutions by tiles are of one size: where a graph
   * is of any size without them, the first size has tiles, and the others share a session that has none.
   */
  #compile(live: LiveGraph, roles: readonly LeafRole[]): Pick<Prepared, 'compiled' | 'shared' | 'anySize'> {
    const { target, passes } = this.options
    const compiled = compile(live, roles, target, passes)
    if (!compiled.model.operators.Scan || live.nodes.length > MAX_OF_ANY_SIZE)
      return { compiled, ...this.#served(compiled) }
    const untiled = compile(live, roles, { ...target, winograd: false }, passes)
    const served = this.#served(untiled)
    if (served.shared || served.anySize) return { compiled: untiled, ...served }
    return { compiled: { ...compiled, model: { ...compiled.model, body: untiled.model.body } }, ...served }
  }

  #served({ model }: Compiled): Pick<Prepared, 'shared' | 'anySize'> {
    const found = this.sessions.sharedFor(model)
    return { shared: typeof found === 'object' ? found : null, anySize: found === 'any-size' }
  }

  #bind({ flush, live, lookup, compiled, shared, anySize }: Prepared, session: OnnxSession | null): Bound {
    const runs = shared ?? (session ? { session, anySize, users: 0 } : null)
    const entry = runs && compiled ? this.sessions.store(lookup, runs, compiled.model) : lookup.entry
    if (!entry) throw new EngineError('run-failed', 'a flush has no session')
    const inputs = entry.model.inputs.map(({ leaf, name, type, dims }): RuntimeTensor => {
      const data = live.leaves[leaf]!
      const values = data.uniform === null ? valuesFor(data, type) : filled(type, 1, data.uniform)
      if (values === null) throw new EngineError('run-failed', `input ${name} [${dims}] has no values`)
      return { name, type, dims, data: values }
    })
    const pooled: boolean[] = []
    const overwritten = new Set<TensorData>()
    const outputs = entry.model.outputs.map(({ name, type, dims, over }): RuntimeTensor => {
      const spent = over
        .map((leaf) => live.leaves[leaf]!)
        .find((data) => !overwritten.has(data) && isSpent(data, flush))
      if (spent?.values) {
        overwritten.add(spent)
        pooled.push(true)
        return { name, type, dims, data: spent.values }
      }
      const taken = this.pool.take(type, sizeOf(dims))
      pooled.push(taken.pooled)
      return { name, type, dims, data: taken.array }
    })
    return { entry, inputs, outputs, pooled, overwritten }
  }

  #finish(
    { flush, live, lookup, shared, keyMs, compileMs }: Prepared,
    bound: Bound,
    sessionMs: number,
    runMs: number,
  ): FlushReport {
    const { entry, inputs, outputs, pooled, overwritten } = bound
    entry.runs++
    for (const data of overwritten) {
      data.values = null
      data.pooled = false
    }
    live.roots.forEach((root, i) => {
      root.values = outputs[i]!.data
      root.pooled = pooled[i]!
      root.perm = entry.model.outputs[i]!.perm
    })
    this.pool.tick()
    const bytes = (list: readonly RuntimeTensor[]) => list.reduce((sum, t) => sum + t.data.byteLength, 0)
    return {
      flush: ++this.#count,
      kernels: live.nodes.length,
      dropped: flush.nodes.length - live.nodes.length,
      compileReason: shared ? null : lookup.reason,
      operators: entry.model.operators,
      inputs: inputs.length,
      outputs: outputs.length,
      inputBytes: bytes(inputs),
      outputBytes: bytes(outputs),
      overwritten: overwritten.size,
      ms: { key: keyMs, compile: compileMs, session: sessionMs, run: runMs },
      sessions: this.sessions.size,
      session: entry.shared.session.id ?? null,
      constantBytes: this.sessions.constantBytes,
      workBytes: entry.model.workBytes,
      allWorkBytes: this.sessions.workBytes,
      pooledBytes: this.pool.bytes,
    }
  }

  async dispose(): Promise<void> {
    this.pool.clear()
    await this.sessions.clear()
  }
}

export function noSyncRead(runtime: OnnxRuntime): EngineError {
  return new EngineError(
    'no-sync-read',
    `${runtime.name} cannot run synchronously, and this tensor has not been computed yet; use await tensor.data()`,
  )
}

/** Whether a tensor's memory is this backend's own, and nobody but this flush will read it. */
function isSpent(data: TensorData, { nodes }: Flush): boolean {
  if (data.refCount > 0 || !data.pooled) return false
  let uses = 0
  for (const node of nodes) for (const input of node.inputs) if (input === data) uses++
  return data.readers === uses
}

/** What is fed: halves as they are kept where the graph widens them. */
const valuesFor = (data: TensorData, type: ElementType): TensorValues | null =>
  type === 'float16' && data.halves ? data.halves.bits : data.expanded

/** Everything about a leaf that shapes the compiled graph. */
function leafKind(leaf: TensorData): string {
  if (leaf.uniform !== null) return `u${leaf.dtype}[${leaf.shape}]`
  const order = leaf.perm ? `/${leaf.perm}` : ''
  const values = leaf.constantHint ? constantHash(leaf) : null
  return values === null ? `x${leaf.dtype}[${leaf.shape}]${order}` : `c${leaf.dtype}[${leaf.shape}]${order}${values}`
}

/** Hash of a constant's values, computed once. */
function constantHash(leaf: TensorData): string | null {
  if (leaf.constant !== null) return leaf.constant
  if (leaf.halves) leaf.constant = `${leaf.halves.format}${hashOf(leaf.halves.words)}`
  else if (leaf.values !== null && elementType(leaf.dtype) !== 'bool') {
    const { buffer, byteOffset, byteLength } = leaf.values
    leaf.constant = hashOf(new Int32Array(buffer, byteOffset, byteLength >> 2))
  }
  return leaf.constant
}
