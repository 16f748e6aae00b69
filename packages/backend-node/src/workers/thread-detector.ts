import { type Detection, type Identification, StableSigError } from '@stablesig/core'
import { createDecider, type Decider, type KeyDetection } from '@stablesig/core/detection'
import { checkMaxSide } from '@stablesig/images'
import { errorOf } from './error-data.ts'
import type { ExtractorFacts, Reading, WorkerMemory, WorkerReply } from './messages.ts'
import { BoundedQueue } from './queue.ts'
import { type DetectorThread, startThread } from './thread.ts'
import type { WorkerDecision, WorkerDetector, WorkerDetectorOptions, WorkerReadOptions } from './worker-detector.ts'
import { workerFileAt } from './worker-file.ts'

/** Longer sides at which images are read unless told: see docs/scanning.md for what that does to a mark. */
const SIZES = [256, 512, 1024]
const MAX_PENDING = 16
/** Activations of a tile of 256x256 pixels: they stay near the processor, a larger tile's come from memory and take longer. */
const MEMORY_BYTES = 64 * 2 ** 20

interface ReadTask {
  readonly image: string | Uint8Array
  readonly name?: string
  /** Given up while the worker was not open yet. */
  stopped: boolean
}

/** A detector's calls as tasks of one thread after another: a new one is started where the last one crashed. */
export class ThreadDetector implements WorkerDetector {
  readonly #options: WorkerDetectorOptions
  readonly #queue: BoundedQueue<ReadTask, readonly Reading[]>
  readonly #memory = new Map<number, { resolve(memory: WorkerMemory): void; reject(error: StableSigError): void }>()
  #thread: DetectorThread | null = null
  #deciders: Deciders = {}
  #facts: ExtractorFacts | undefined
  #closed: Promise<void> | undefined
  #id = 0

  constructor(options: WorkerDetectorOptions) {
    const { maxPending = MAX_PENDING, sizes = SIZES } = options
    if (sizes.length === 0) throw argument('sizes is empty, expected at least one size at which images are read')
    for (const size of sizes) checkMaxSide(size)
    if (!(maxPending >= 1)) throw argument(`maxPending is ${maxPending}, expected a number of at least 1`)
    this.#options = options
    this.#queue = new BoundedQueue(
      maxPending,
      (task) => this.#start(task),
      (task) => {
        task.stopped = true
        this.#thread?.post({ type: 'abort' })
      },
    )
  }

  async open(): Promise<void> {
    const thread = this.#startThread()
    this.#facts = await thread.opened
    thread.hold(false)
    try {
      this.#deciders = decidersOf(this.#options, this.extractor)
      // As many readings as there can be of an image: what cannot be decided is said before one comes.
      const readings = (this.#options.sizes ?? SIZES).map(() => new Float32Array(this.extractor.bits))
      this.#deciders.key?.decideBest(readings)
      this.#deciders.keys?.decideBest(readings)
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

  async detect(image: string | Uint8Array, options?: WorkerReadOptions): Promise<WorkerDecision<Detection>> {
    const decider = given(this.#deciders.key, 'key', 'detect')
    const readings = await this.read(image, options)
    return withSize(readings, decider.decideBest(rowsOf(readings)))
  }

  async detectKeys(image: string | Uint8Array, options?: WorkerReadOptions): Promise<WorkerDecision<KeyDetection>[]> {
    const decider = given(this.#deciders.keys, 'keys', 'detectKeys')
    const readings = await this.read(image, options)
    return decider.decideBest(rowsOf(readings)).map((one) => withSize(readings, one))
  }

  async identify(image: string | Uint8Array, options?: WorkerReadOptions): Promise<WorkerDecision<Identification>> {
    const decider = given(this.#deciders.registry, 'registry', 'identify')
    const readings = await this.read(image, options)
    return withSize(readings, decider.decideBest(rowsOf(readings)))
  }

  async read(image: string | Uint8Array, options: WorkerReadOptions = {}): Promise<readonly Reading[]> {
    if (this.#closed) throw closedError()
    if (typeof image !== 'string' && !(image instanceof Uint8Array))
      throw argument('expected the path of an image, or its file’s bytes as a Uint8Array')
    const { signal, name } = options
    // Bytes are copied, so that the caller may use theirs again; not before there is room for them.
    const make = () => ({
      image: typeof image === 'string' ? image : new Uint8Array(image),
      ...(name === undefined ? {} : { name }),
      stopped: false,
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
    if (!drain) this.#queue.stopAll(closedError())
    this.#closed ??= this.#queue.whenIdle().then(() => this.#thread?.close())
    return this.#closed
  }

  /** Sends a task whose turn it is, to a new thread where the last one crashed. */
  #start(task: ReadTask): void {
    const send = async () => {
      const thread = this.#thread ?? this.#startThread()
      this.#hold()
      await thread.opened
      const { image, name, stopped } = task
      if (stopped) throw closedError()
      thread.post({ type: 'read', id: ++this.#id, image, ...(name === undefined ? {} : { name }) })
    }
    send().catch((error: StableSigError) => this.#finish({ error }))
  }

  #startThread(): DetectorThread {
    const { extractor, engine = {}, image = {}, sizes = SIZES, memoryBytes = MEMORY_BYTES, workerFile } = this.#options
    const { path, ...options } = typeof extractor === 'string' ? { path: extractor } : extractor
    const thread = startThread(
      workerFileAt(workerFile),
      {
        extractor: { path, options },
        engine,
        image,
        sizes: [...sizes].sort((a, b) => a - b),
        memoryBytes,
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
      case 'readings':
        this.#finish({ result: reply.readings })
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

  #finish(outcome: Parameters<BoundedQueue<ReadTask, readonly Reading[]>['finish']>[0]): void {
    this.#queue.finish(outcome)
    this.#hold()
  }

  #crashed(thread: DetectorThread, error: StableSigError): void {
    if (this.#thread === thread) this.#thread = null
    for (const { reject } of this.#memory.values()) reject(error)
    this.#memory.clear()
    this.#queue.failAll(error)
  }

  #hold(): void {
    this.#thread?.hold(this.#queue.pending > 0 || this.#memory.size > 0)
  }
}

/** What decides on what the worker reads, as far as it is wanted. */
interface Deciders {
  readonly key?: Decider<Detection> | undefined
  readonly keys?: Decider<KeyDetection[]> | undefined
  readonly registry?: Decider<Identification> | undefined
}

function decidersOf(options: WorkerDetectorOptions, extractor: ExtractorFacts): Deciders {
  const { key, keys, registry, fpr, allowUnwhitened } = options
  const held = { extractor, fpr, allowUnwhitened }
  return {
    key: key && createDecider({ ...held, key }),
    keys: keys && createDecider({ ...held, keys }),
    registry: registry && createDecider({ ...held, registry }),
  }
}

/** A decision with the size of the reading that it is about. */
function withSize<D extends { readonly reading: number }>(readings: readonly Reading[], decision: D) {
  const { width, height } = readings[decision.reading]!
  return Object.assign(decision, { width, height })
}

const rowsOf = (readings: readonly Reading[]): Float32Array[] => readings.map(({ logits }) => logits)

const argument = (message: string): StableSigError => new StableSigError('bad-argument', message)
const closedError = (): StableSigError => new StableSigError('aborted', 'The detector is closed')

function given<T>(value: T | undefined, option: string, method: string): T {
  if (value !== undefined) return value
  throw argument(`${method} needs ${option}, which createWorkerDetector was not given`)
}
