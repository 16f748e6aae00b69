import { StableSigError } from '@stablesig/core'
import { abortedError } from '@stablesig/core/errors'
import { errorOf } from './error-data.ts'
import type { SignerCall, SignerReply, SignerRequest } from './signer-messages.ts'

interface Pending {
  take(reply: SignerReply): void
  reject(error: StableSigError): void
}

export interface CallOptions<T> {
  /** Given each reply but an error; what it returns, if anything, is what the call gives. */
  readonly answer: (reply: SignerReply) => T | undefined
  readonly transfer?: Transferable[]
  readonly signal?: AbortSignal | undefined
  /** What the error says where the signal stops it. */
  readonly stopped: string
}

/** Calls to a worker and what becomes of them. */
export class SignerChannel {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  #closed: StableSigError | undefined
  #id = 0

  constructor(worker: Worker) {
    this.#worker = worker
    worker.onmessage = ({ data }: MessageEvent<SignerReply>) => this.#pending.get(data.id)?.take(data)
    worker.onerror = (event) => {
      event.preventDefault()
      this.close(new StableSigError('worker', `the worker has ended: ${event.message || 'its script does not load'}`))
    }
  }

  /** @throws StableSigError what the worker says; 'aborted' at once where the signal stops it, and the worker stops when it next looks */
  call<T>(call: SignerCall, { answer, transfer = [], signal, stopped }: CallOptions<T>): Promise<T> {
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
        this.#post({ type: 'abort', id })
        fail(abortedError(signal, stopped))
      }
      signal?.addEventListener('abort', abort)
      this.#pending.set(id, {
        take: (reply) => {
          if (reply.type === 'failed') return fail(errorOf(reply.error))
          const given = answer(reply)
          if (given === undefined) return
          settled()
          resolve(given)
        },
        reject: fail,
      })
      this.#post({ ...call, id }, transfer)
    })
  }

  /** Ends the worker; whatever is pending is rejected with `error`. */
  close(error: StableSigError): void {
    if (this.#closed) return
    this.#closed = error
    this.#worker.terminate()
    for (const { reject } of [...this.#pending.values()]) reject(error)
  }

  #post(request: SignerRequest, transfer: Transferable[] = []): void {
    this.#worker.postMessage(request, transfer)
  }
}
