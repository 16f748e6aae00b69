import { StableSigError } from '@stablesig/core'

/** Work that waits for its turn or has it. */
interface Entry<T, R> {
  readonly task: T
  readonly resolve: (result: R) => void
  readonly reject: (error: StableSigError) => void
  /** The caller has its answer already; only the turn is still to end. */
  settled: boolean
}

/**
 * Tasks one after the other, of which only so many may be pending. It knows nothing of threads: `start` begins a task, `stop` asks
 * the one that runs to end early, and whoever runs it calls `finish`.
 */
export class BoundedQueue<T, R> {
  readonly #waiting: Entry<T, R>[] = []
  #running: Entry<T, R> | null = null
  #idle: (() => void)[] = []

  /** @param limit most tasks that may be pending, the running one included; Infinity sets none */
  constructor(
    private readonly limit: number,
    private readonly start: (task: T) => void,
    private readonly stop: (task: T) => void,
  ) {}

  /** Tasks that wait or run. */
  get pending(): number {
    return this.#waiting.length + (this.#running ? 1 : 0)
  }

  /**
   * The result of a task that `make` makes, once it is certain that there is room for it.
   * @throws StableSigError 'busy' at once where the queue is full; 'aborted' when `signal` is
   */
  add(make: () => T, signal?: AbortSignal): Promise<R> {
    if (signal?.aborted) return Promise.reject(aborted(signal))
    if (this.pending >= this.limit) {
      const message = `${this.pending} images are pending, as many as maxPending allows: try again later`
      return Promise.reject(new StableSigError('busy', message))
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        const at = this.#waiting.indexOf(entry)
        if (at >= 0) this.#waiting.splice(at, 1)
        else if (this.#running === entry) this.stop(entry.task)
        if (signal) settle(() => reject(aborted(signal)))
      }
      const settle = (how: () => void) => {
        signal?.removeEventListener('abort', onAbort)
        if (!entry.settled) how()
        entry.settled = true
      }
      const entry: Entry<T, R> = {
        task: make(),
        resolve: (result) => settle(() => resolve(result)),
        reject: (error) => settle(() => reject(error)),
        settled: false,
      }
      signal?.addEventListener('abort', onAbort)
      this.#waiting.push(entry)
      this.#next()
    })
  }

  /** Ends the running task with its result or its error; the next one begins. */
  finish(outcome: { readonly result: R } | { readonly error: StableSigError }): void {
    const entry = this.#running
    this.#running = null
    if (entry && 'result' in outcome) entry.resolve(outcome.result)
    else if (entry && 'error' in outcome) entry.reject(outcome.error)
    this.#next()
  }

  /** Rejects what waits and asks what runs to end early. */
  stopAll(error: StableSigError): void {
    for (const entry of this.#waiting.splice(0)) entry.reject(error)
    if (this.#running) this.stop(this.#running.task)
  }

  /** Rejects what waits and what runs, where there is nothing left that could run it. */
  failAll(error: StableSigError): void {
    for (const entry of this.#waiting.splice(0)) entry.reject(error)
    this.finish({ error })
  }

  /** When nothing is pending. */
  whenIdle(): Promise<void> {
    if (this.pending === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #next(): void {
    if (this.#running) return
    const entry = this.#waiting.shift()
    if (entry) {
      this.#running = entry
      this.start(entry.task)
    } else for (const resolve of this.#idle.splice(0)) resolve()
  }
}

const aborted = (signal: AbortSignal): StableSigError =>
  new StableSigError('aborted', 'The image was given up before it was read', { cause: signal.reason })
