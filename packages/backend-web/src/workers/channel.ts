import { StableSigError } from '@stablesig/core'
import { abortedError } from '@stablesig/core/errors'
import { errorOf } from './error-data.ts'
import type { Reply, Request } from './messages.ts'

interface Pending<Answer> {
  take(answer: Reply<Answer>['answer']): void
  reject(error: StableSigError): void
}

export interface CallOptions<Answer, T> {
  /** Given each answer but an error; what it returns, if anything, is what the call gives. */
  readonly take: (answer: Answer) => T | undefined
  readonly transfer?: Transferable[]
  readonly signal?: AbortSignal | undefined
  /** What the error says where the signal stops it. */
  readonly stopped: string
}

/** Calls to a worker and what becomes of them. `serveCalls` is its other end. */
export class WorkerChannel<Call, Answer extends { readonly type: string }> {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending<Answer>>()
  #closed: StableSigError | undefined
  #id = 0

  constructor(worker: Worker) {
    this.#worker = worker
    worker.onmessage = ({ data }: MessageEvent<Reply<Answer>>) => this.#pending.get(data.id)?.take(data.answer)
    worker.onerror = (event) => {
      event.preventDefault()
      this.close(new StableSigError('worker', `the worker has ended: ${event.message || 'its script does not load'}`))
    }
  }

  /** @throws StableSigError what the worker says; 'aborted' at once where the signal stops it, and the worker stops when it next looks */
  call<T>(call: Call, { take, transfer = [], signal, stopped }: CallOptions<Answer, T>): Promise<T> {
    if (this.#closed) return Promise.reject(this.#closed)
    if (signal?.aborted) return Promise.reject(abortedError(signal, stopped))
    const id = ++this.#id
    return new Promise<T>((resolve, reject) => {
      const settled = () => {
        signal?.removeEventListener('abort', abort)
        this.#pending.delete(id)
      }
      const fail = (error: StableSigError) => {
        settled()
        reject(error)
      }
      const abort = () => {
        this.#post({ id })
        fail(abortedError(signal, stopped))
      }
      signal?.addEventListener('abort', abort)
      this.#pending.set(id, {
        take: (answer) => {
          if (isFailure(answer)) return fail(errorOf(answer.error))
          const given = take(answer)
          if (given === undefined) return
          settled()
          resolve(given)
        },
        reject: fail,
      })
      this.#post({ id, call }, transfer)
    })
  }

  /** Ends the worker; whatever is pending is rejected with `error`. */
  close(error: StableSigError): void {
    if (this.#closed) return
    this.#closed = error
    this.#worker.terminate()
    for (const { reject } of [...this.#pending.values()]) reject(error)
  }

  #post(request: Request<Call>, transfer: Transferable[] = []): void {
    this.#worker.postMessage(request, transfer)
  }
}

type Failure = Extract<Reply<never>['answer'], { readonly type: 'failed' }>
const isFailure = (answer: { readonly type: string }): answer is Failure => answer.type === 'failed'
