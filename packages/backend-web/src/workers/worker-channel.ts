import { StableSigError } from '@stablesig/core'
import { abortedError } from '@stablesig/core/errors'
import type { Engine } from '../engine/engine.ts'
import type { WeightsProgress } from '../weights/weights-source.ts'
import { errorOf } from './error-data.ts'
import type {
  ExtractorFacts,
  Reading,
  ReadingProgress,
  WorkerMemory,
  WorkerReply,
  WorkerRequest,
  WorkerSetup,
} from './messages.ts'

export interface OpenWorker {
  readonly extractor: ExtractorFacts
  readonly engine: Engine
}

interface Pending<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: StableSigError) => void
  readonly onProgress?: ((progress: ReadingProgress) => void) | undefined
}

/** Requests to a worker and what becomes of them. It knows the messages, and nothing of keys. */
export class WorkerChannel {
  readonly #worker: Worker
  readonly #reads = new Map<number, Pending<readonly Reading[]>>()
  readonly #memories = new Map<number, Pending<WorkerMemory>>()
  #opening: (Pending<OpenWorker> & { readonly onLoading: (progress: WeightsProgress) => void }) | undefined
  #closed: StableSigError | undefined
  #id = 0

  constructor(worker: Worker) {
    this.#worker = worker
    worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => this.#take(data)
    worker.onerror = (event) => {
      event.preventDefault()
      this.close(new StableSigError('worker', `the worker has ended: ${event.message || 'its script does not load'}`))
    }
  }

  open(setup: WorkerSetup, onLoading: (progress: WeightsProgress) => void): Promise<OpenWorker> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject, onLoading }
      this.#post({ type: 'open', setup })
    })
  }

  read(
    request: Omit<Extract<WorkerRequest, { type: 'read' }>, 'type' | 'id'>,
    transfer: Transferable[],
    { signal, onProgress }: { signal?: AbortSignal | undefined; onProgress?: Pending<unknown>['onProgress'] },
  ): Promise<readonly Reading[]> {
    if (this.#closed) return Promise.reject(this.#closed)
    const id = ++this.#id
    return new Promise<readonly Reading[]>((resolve, reject) => {
      // The caller is answered at once; the worker stops when it next looks.
      const abort = () => {
        this.#reads.delete(id)
        this.#post({ type: 'abort', id })
        reject(abortedError(signal, `${request.name} was given up before it was read`))
      }
      if (signal?.aborted) return abort()
      signal?.addEventListener('abort', abort)
      const settled = () => signal?.removeEventListener('abort', abort)
      this.#reads.set(id, {
        resolve: (readings) => {
          settled()
          resolve(readings)
        },
        reject: (error) => {
          settled()
          reject(error)
        },
        onProgress,
      })
      this.#post({ type: 'read', id, ...request }, transfer)
    })
  }

  memory(): Promise<WorkerMemory> {
    if (this.#closed) return Promise.reject(this.#closed)
    const id = ++this.#id
    return new Promise((resolve, reject) => {
      this.#memories.set(id, { resolve, reject })
      this.#post({ type: 'memory', id })
    })
  }

  /** Ends the worker; whatever is pending is rejected with `error`. */
  close(error: StableSigError): void {
    if (this.#closed) return
    this.#closed = error
    this.#worker.terminate()
    this.#opening?.reject(error)
    for (const { reject } of [...this.#reads.values(), ...this.#memories.values()]) reject(error)
    this.#reads.clear()
    this.#memories.clear()
  }

  #post(request: WorkerRequest, transfer: Transferable[] = []): void {
    this.#worker.postMessage(request, transfer)
  }

  #take(reply: WorkerReply): void {
    switch (reply.type) {
      case 'loading':
        this.#opening?.onLoading(reply.progress)
        break
      case 'opened':
        this.#opening?.resolve({ extractor: reply.extractor, engine: reply.engine })
        this.#opening = undefined
        break
      case 'not-opened':
        this.#opening?.reject(errorOf(reply.error))
        this.#opening = undefined
        break
      case 'progress':
        this.#reads.get(reply.id)?.onProgress?.(reply.progress)
        break
      case 'readings':
        this.#reads.get(reply.id)?.resolve(reply.readings)
        this.#reads.delete(reply.id)
        break
      case 'memory':
        this.#memories.get(reply.id)?.resolve(reply.memory)
        this.#memories.delete(reply.id)
        break
      case 'failed':
        this.#reads.get(reply.id)?.reject(errorOf(reply.error))
        this.#reads.delete(reply.id)
    }
  }
}
