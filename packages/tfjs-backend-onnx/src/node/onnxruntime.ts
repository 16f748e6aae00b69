import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { InferenceSession, OnnxValue, Tensor } from 'onnxruntime-node'
import type { OnnxRuntime, OnnxSession, RuntimeTensor } from '../execution/runtime.ts'
import { idleOptimizers } from './idle-optimizers.ts'
import { type LoadedOnnxRuntime, loadOnnxRuntime, type NativeSession } from './load.ts'
import { probeModel, UNREAD, withUnread } from './unread-results.ts'

export type Device = 'cpu' | 'cuda' | 'webgpu'

export interface NodeRuntimeOptions {
  /** Where models run. Default 'cpu'. CUDA needs onnxruntime-node's own CUDA libraries. */
  readonly device?: Device
  /** Threads of one operator. Default: all that this process may use. */
  readonly threads?: number
  /** Folder for the profiles that ONNX Runtime writes, one per session, named by its number; for diagnosis. */
  readonly profile?: string
}

export interface NodeRuntime extends OnnxRuntime {
  /** Has all sessions that are profiled and not yet released write their profiles; none is taken afterwards. */
  endProfiling(): void
}

/**
 * Runs compiled models with onnxruntime-node. Its public `run` is this same synchronous call behind setImmediate, so nothing
 * is lost by calling it directly, and tfjs' dataSync() works.
 * @throws as loadOnnxRuntime
 */
export async function nodeRuntime(options: NodeRuntimeOptions = {}): Promise<NodeRuntime> {
  const ort = await loadOnnxRuntime()
  const provider = options.device ?? 'cpu'
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: options.threads ?? availableParallelism(),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // A planned arena keeps the peak of every session's life; without the plan peak memory halves.
    enableMemPattern: false,
    logSeverityLevel: 3,
    // Each session owns threads. Ones that spin for long take the cores from the session that works, and from all else; ones that
    // sleep at once have to be woken for every operator of a few hundred microseconds, which takes a tenth of a decision.
    extra: {
      session: { intra_op: { allow_spinning: '1', spin_duration_us: '100' } },
      optimization: { disable_specified_optimizers: idleOptimizers },
    },
  }
  const { profile } = options
  const profiled = new Set<NativeSession>()
  const complaint = provider === 'cpu' ? complaintOf(ort) : null
  let made = 0
  const createSync = (model: Uint8Array): OnnxSession => {
    const session = new ort.InferenceSession()
    const id = ++made
    const profiling = profile ? { enableProfiling: true, profileFilePrefix: join(profile, String(id)) } : {}
    const unread = complaint === null ? null : withUnread(model)
    const { buffer, byteOffset, byteLength } = unread ?? model
    session.loadModel(buffer, byteOffset, byteLength, { ...sessionOptions, ...profiling })
    if (profile) profiled.add(session)
    return new NodeSession(id, session, ort.Tensor, profiled, unread && complaint)
  }
  return {
    name: `onnxruntime-node ${ort.version} (${provider})`,
    provider,
    createSync,
    create: async (model) => createSync(model),
    endProfiling: () => {
      for (const session of profiled) session.endProfiling()
      profiled.clear()
    },
  }
}

/** The words with which this binding ends a run whose results it has written and will not copy; null where it copies them. */
function complaintOf({ InferenceSession, Tensor }: LoadedOnnxRuntime): string | null {
  const session = new InferenceSession()
  const [x, y] = [Float32Array.of(1), Float32Array.of(0)]
  const { buffer, byteOffset, byteLength } = probeModel()
  try {
    session.loadModel(buffer, byteOffset, byteLength, { intraOpNumThreads: 1, logSeverityLevel: 4 })
  } catch {
    return null
  }
  try {
    session.run({ x: new Tensor('float32', x, [1]) }, { [UNREAD]: null, y: new Tensor('float32', y, [1]) }, {})
  } catch (error) {
    return error instanceof Error && y[0] === 1 ? error.message : null
  } finally {
    session.dispose()
  }
  return null
}

class NodeSession implements OnnxSession {
  constructor(
    readonly id: number,
    private readonly session: NativeSession,
    private readonly OrtTensor: typeof Tensor,
    private readonly profiled: Set<NativeSession>,
    /** How a run that went well ends where results are left unread. */
    private readonly complaint: string | null,
  ) {}

  runSync(inputs: readonly RuntimeTensor[], outputs: readonly RuntimeTensor[]): void {
    const feeds: Record<string, OnnxValue> = {}
    const fetches: Record<string, OnnxValue | null> = this.complaint === null ? {} : { [UNREAD]: null }
    for (const t of inputs) feeds[t.name] = fed(this.OrtTensor, t)
    for (const t of outputs) fetches[t.name] = new this.OrtTensor(t.type, t.data, t.dims)
    try {
      this.session.run(feeds, fetches, {})
    } catch (error) {
      if (!(error instanceof Error && error.message === this.complaint)) throw error
    }
  }

  async run(inputs: readonly RuntimeTensor[], outputs: readonly RuntimeTensor[]): Promise<void> {
    // Let timers and callbacks in before the thread is taken.
    await new Promise((resolve) => setImmediate(resolve))
    this.runSync(inputs, outputs)
  }

  release(): void {
    if (this.profiled.delete(this.session)) this.session.endProfiling()
    this.session.dispose()
  }
}

/**
 * Halves go in as their bits under the name of their type: where Node has a Float16Array, onnxruntime-node's Tensor makes one of
 * them, which its native side cannot read.
 */
function fed(OrtTensor: typeof Tensor, { type, data, dims }: RuntimeTensor): Tensor {
  if (type !== 'float16' || !(data instanceof Uint16Array)) return new OrtTensor(type, data, dims)
  return Object.defineProperty(new OrtTensor('uint16', data, dims), 'type', { value: type })
}
