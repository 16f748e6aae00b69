import {
  type Detection,
  decide,
  decideKeys,
  type Identification,
  type Key,
  type KeyDetection,
  lookUp,
  type Registry,
  StableSigError,
} from '@stablesig/core'
import { errorOf } from './error-data.ts'
import type { ExtractorFacts, WorkerMemory, WorkerReply } from './messages.ts'
import { BoundedQueue } from './queue.ts'
import { type DetectorThread, startThread } from './thread.ts'
import type { WorkerDetector, WorkerDetectorOptions, WorkerReadOptions } from './worker-detector.ts'
import { workerFileAt } from './worker-file.ts'

/** Longest side at which images are read unless told: see docs/scanning.md for what that does to a mark. */
const MAX_SIDE = 1024
const MAX_PENDING = 16

interface ReadTask {
  readonly image: string | Uint8Array
  readonly name?: string
}

/** A detector's calls as tasks of one thread after another: a new one is started where the last one crashed. */
export class ThreadDetector implements WorkerDetector {
  readonly #options: WorkerDetectorOptions
  readonly #queue: BoundedQueue<ReadTask, Float32Array>
  readonly #memory = new Map<number, { resolve(memory: WorkerMemory): void; reject(error: StableSigError): void }>()
  #thread: DetectorThread | null = null
  #facts: ExtractorFacts | undefined
  #closed: Promise<void> | undefined
  #id = 0

  constructor(options: WorkerDetectorOptions) {
    const { maxPending = MAX_PENDING } = options
    if (!(maxPending >= 1)) throw argument(`maxPending is ${maxPending}, expected a number of at least 1`)
    this.#options = options
    this.#queue = new BoundedQueue(
      maxPending,
      (task) => this.#start(task),
      () => this.#thread?.post({ type: 'abort' }),
    )
  }

  async open(): Promise<void> {
    const thread = this.#startThread()
    this.#facts = await thread.opened
    thread.hold(false)
    const { key, keys, registry } = this.#options
    try {
      if (key) this.#decide(this.#nothing(), key)
      if (keys) this.#decideKeys(this.#nothing(), keys)
      if (registry) this.#checkRegistry(registry)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  get extractor(): ExtractorFacts {
    return this.#facts!
  }

  get pending(): number {
    return this.#queue.pending
  }

  async detect(image: string | Uint8Array, options?: WorkerReadOptions): Promise<Detection> {
    const key = given(this.#options.key, 'key', 'detect')
    return this.#decide(await this.readLogits(image, options), key)
  }

  async detectKeys(image: string | Uint8Array, options?: WorkerReadOptions): Promise<KeyDetection[]> {
    const keys = given(this.#options.keys, 'keys', 'detectKeys')
    return this.#decideKeys(await this.readLogits(image, options), keys)
  }

  async identify(image: string | Uint8Array, options?: WorkerReadOptions): Promise<Identification> {
    const registry = given(this.#options.registry, 'registry', 'identify')
    const { fpr } = this.#options
    return lookUp(await this.readLogits(image, options), registry, fpr === undefined ? {} : { fpr })
  }

  async readLogits(image: string | Uint8Array, options: WorkerReadOptions = {}): Promise<Float32Array> {
    if (this.#closed) throw closedError()
    if (typeof image !== 'string' && !(image instanceof Uint8Array))
      throw argument('expected the path of an image, or its file’s bytes as a Uint8Array')
    const { signal, name } = options
    // Bytes are copied, so that the caller may use theirs again; not before there is room for them.
    const make = () => ({
      image: typeof image === 'string' ? image : new Uint8Array(image),
      ...(name === undefined ? {} : { name }),
    })
    return this.#queue.add(make, signal)
  }

  async memory(): Promise<WorkerMemory> {
    if (this.#closed) throw closedError()
    const thread = this.#thread ?? this.#startThread()
    await thread.opened
    return new Promise((resolve, reject) => {
      const id = ++this.#id
      this.#memory.set(id, { resolve, reject })
      this.#hold()
      thread.post({ type: 'memory', id })
    })
  }

  close({ drain = true }: { readonly drain?: boolean } = {}): Promise<void> {
    if (!drain) {
      this.#queue.fail(closedError(), { running: false })
      this.#thread?.post({ type: 'abort' })
    }
    this.#closed ??= this.#queue.whenIdle().then(() => this.#thread?.close())
    return this.#closed
  }

  /** Sends a task whose turn it is, to a new thread where the last one crashed. */
  #start({ image, name }: ReadTask): void {
    const send = async () => {
      const thread = this.#thread ?? this.#startThread()
      this.#hold()
      await thread.opened
      thread.post({ type: 'read', id: ++this.#id, image, ...(name === undefined ? {} : { name }) })
    }
    send().catch((error: StableSigError) => this.#finish({ error }))
  }

  #startThread(): DetectorThread {
    const { extractor, engine = {}, image = {}, memoryBytes, workerFile } = this.#options
    const { path, ...options } = typeof extractor === 'string' ? { path: extractor } : extractor
    const bounded = image.size === undefined && image.maxSide === undefined ? { ...image, maxSide: MAX_SIDE } : image
    const thread = startThread(
      workerFileAt(workerFile),
      {
        extractor: { path, options },
        engine,
        image: bounded,
        ...(memoryBytes === undefined ? {} : { memoryBytes }),
      },
      { onReply: (reply) => this.#take(reply), onCrash: (error) => this.#crashed(thread, error) },
    )
    thread.opened.catch(() => {
      if (this.#thread === thread) this.#thread = null
    })
    this.#thread = thread
    return thread
  }

  #take(reply: WorkerReply): void {
    switch (reply.type) {
      case 'logits':
        this.#finish({ result: reply.logits })
        break
      case 'failed':
        this.#finish({ error: errorOf(reply.error) })
        break
      case 'memory':
        this.#memory.get(reply.id)?.resolve(reply.memory)
        this.#memory.delete(reply.id)
        this.#hold()
    }
  }

  #finish(outcome: Parameters<BoundedQueue<ReadTask, Float32Array>['finish']>[0]): void {
    this.#queue.finish(outcome)
    this.#hold()
  }

  #crashed(thread: DetectorThread, error: StableSigError): void {
    if (this.#thread === thread) this.#thread = null
    for (const { reject } of this.#memory.values()) reject(error)
    this.#memory.clear()
    this.#queue.fail(error, { running: true })
  }

  #hold(): void {
    this.#thread?.hold(this.#queue.pending > 0 || this.#memory.size > 0)
  }

  #decide(logits: Float32Array, key: Key): Detection {
    return decide(logits, key, this.#options.fpr)
  }

  #decideKeys(logits: Float32Array, keys: readonly Key[]): KeyDetection[] {
    return decideKeys(logits, keys, this.#options.fpr)
  }

  /** Logits to try a request on before an image is read. */
  #nothing(): Float32Array {
    return new Float32Array(this.extractor.bits)
  }

  #checkRegistry({ bits }: Registry): void {
    if (bits === this.extractor.bits) return
    const message = `Expected keys of ${this.extractor.bits} bits, as the extractor reads; the registry’s have ${bits}`
    throw new StableSigError('bad-registry', message)
  }
}

const argument = (message: string): StableSigError => new StableSigError('bad-argument', message)
const closedError = (): StableSigError => new StableSigError('aborted', 'The detector is closed')

function given<T>(value: T | undefined, option: string, method: string): T {
  if (value !== undefined) return value
  throw argument(`${method} needs ${option}, which createWorkerDetector was not given`)
}
