import { EngineError } from '../errors.ts'
import { type Executor, noSyncRead } from '../execution/executor.ts'
import type { OnnxRuntime } from '../execution/runtime.ts'
import type { Flush } from '../recording/flush.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { Component } from '../recording/tensor-data.ts'
import type { FlushReport } from './report.ts'

/** A flush waiting for its turn. */
interface Job extends Flush {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Takes components out of the pending graph and runs them one after the other: now where the runtime can, else in turns. */
export class FlushQueue {
  readonly #jobs: Job[] = []
  /** The flush that an asynchronous runtime is busy with. */
  #running: Promise<void> | null = null
  #pumping = false

  constructor(
    private readonly runtime: OnnxRuntime,
    private readonly recorder: Recorder,
    private readonly executor: Executor,
    /** Called when a flush has ended, before whoever waits for it goes on; the report is null where it failed. */
    private readonly onSettled: (flush: Flush, report: FlushReport | null) => void,
  ) {}

  /** Resolves when what runs now has ended. */
  async idle(): Promise<void> {
    await this.#running
  }

  get busy(): boolean {
    return this.#running !== null || this.#jobs.length > 0
  }

  get canSync(): boolean {
    return this.runtime.createSync !== undefined && this.#running === null
  }

  /** The component's live outputs are in flight from now on. Resolves when they are there. */
  begin(component: Component): Promise<void> {
    const nodes = this.recorder.take(component)
    const roots = nodes.flatMap((node) => node.outputs.filter((output) => output.refCount > 0))
    let settle: Pick<Job, 'resolve' | 'reject'> | undefined
    const done = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject }
    })
    for (const root of roots) {
      root.state = 'in-flight'
      root.flight = done
    }
    this.#jobs.push({ nodes, roots, ...settle! })
    void this.#pump()
    return done
  }

  /** The same for what nobody waits for: a failure is kept with the tensors and thrown where one of them is read. */
  beginUnawaited(component: Component): void {
    this.begin(component).catch(() => {})
  }

  /**
   * Runs waiting flushes now.
   * @throws EngineError 'no-sync-read' where the runtime cannot, or not at this moment
   */
  drain(): void {
    if (!this.canSync) throw noSyncRead(this.runtime)
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) this.#runNow(job)
  }

  /** Runs waiting flushes in turn, each after a turn of the event loop: timers and signals come in between. */
  async #pump(): Promise<void> {
    if (this.#pumping) return
    this.#pumping = true
    while (this.#jobs.length > 0) {
      await nextTurn()
      // A synchronous read may have run everything meanwhile.
      const job = this.#jobs.shift()
      if (!job) continue
      if (this.canSync) this.#runNow(job)
      else {
        this.#running = this.executor.run(job).then(
          (report) => this.#settle(job, report, null),
          (error: unknown) => this.#settle(job, null, error),
        )
        await this.#running
        this.#running = null
      }
    }
    this.#pumping = false
  }

  #runNow(job: Job): void {
    let report: FlushReport | null = null
    let failure: unknown = null
    try {
      report = this.executor.runSync(job)
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
    this.onSettled(job, report)
    if (failure === null) job.resolve()
    else job.reject(asError(failure))
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
