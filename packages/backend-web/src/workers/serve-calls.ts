import { memory } from '@tensorflow/tfjs-core'
import { errorData } from './error-data.ts'
import type { Reply, Request, WorkerMemory } from './messages.ts'

/** What is used of a worker's global scope. */
export interface WorkerScope<Call, Answer> {
  onmessage: ((event: MessageEvent<Request<Call>>) => void) | null
  postMessage(message: Reply<Answer>): void
}

/** Answers calls one after the other, but an abort, which concerns the one that waits or runs. `WorkerChannel` is its other end. */
export function serveCalls<Call, Answer>(
  scope: WorkerScope<Call, Answer>,
  answer: (call: Call, signal: AbortSignal, tell: (answer: Answer) => void) => Promise<Answer>,
): void {
  const signals = new Map<number, AbortController>()
  let last: Promise<void> = Promise.resolve()
  scope.onmessage = ({ data: { id, call } }) => {
    if (call === undefined) {
      signals.get(id)?.abort()
      return
    }
    const controller = new AbortController()
    signals.set(id, controller)
    const tell = (answer: Reply<Answer>['answer']) => scope.postMessage({ id, answer })
    last = last.then(async () => {
      try {
        tell(await answer(call, controller.signal, tell))
      } catch (error) {
        tell({ type: 'failed', error: errorData(error) })
      } finally {
        signals.delete(id)
      }
    })
  }
}

/** Lets messages in, such as an abort. */
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

export function memoryInUse(): WorkerMemory {
  const { numTensors, numBytes } = memory()
  return { tensors: numTensors, tensorBytes: numBytes }
}
