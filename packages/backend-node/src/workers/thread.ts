import { SHARE_ENV, Worker } from 'node:worker_threads'
import { StableSigError } from '@stablesig/core'
import { disableTelemetry } from '@stablesig/tfjs-backend-onnx/node/pure'
import { rethrow } from '../engine/rethrow.ts'
import { errorOf } from './error-data.ts'
import type { ExtractorFacts, WorkerReply, WorkerRequest, WorkerSetup } from './messages.ts'
import { newState, setBusy, waitUntilIdle } from './state.ts'

/** Longest that the end of the process waits for a run in flight. A run reads one tile, which takes about a second. */
const EXIT_MILLISECONDS = 30_000

export interface ThreadEvents {
  onReply(reply: WorkerReply): void
  /** An open thread ended without having been asked to. Nothing comes from it any more. */
  onCrash(error: StableSigError): void
}

/** A thread with an engine and an extractor. */
export interface DetectorThread {
  /** Rejects where the thread cannot open them, or crashes before it has; the thread then ends by itself. */
  readonly opened: Promise<ExtractorFacts>
  post(request: WorkerRequest): void
  /** Whether the thread keeps the process alive. */
  hold(held: boolean): void
  /** Ends the thread, which must not be reading; settles when it has ended. */
  close(): Promise<void>
}

/** Threads that have not ended. */
const living = new Map<Worker, SharedArrayBuffer>()

/**
 * `process.exit`, or an error that nobody caught, ends threads where they stand. Inside a run of ONNX Runtime that would abort
 * the process, so the run ends first; between the tiles of an image it stops.
 */
function endRunsInFlight(): void {
  for (const worker of living.keys()) worker.postMessage({ type: 'abort' } satisfies WorkerRequest)
  for (const state of living.values()) waitUntilIdle(state, EXIT_MILLISECONDS)
}

/** @throws StableSigError 'bad-argument' for options that cannot be sent to a thread */
export function startThread(file: URL, setup: Omit<WorkerSetup, 'state'>, events: ThreadEvents): DetectorThread {
  const state = newState()
  setBusy(state)
  const worker = makeWorker(file, { ...setup, state })
  if (living.size === 0) process.on('exit', endRunsInFlight)
  living.set(worker, state)

  let phase: 'opening' | 'open' | 'ending' = 'opening'
  let failure: unknown
  const opened = new Promise<ExtractorFacts>((resolve, reject) => {
    worker.on('message', (reply: WorkerReply) => {
      if (reply.type === 'opened') {
        phase = 'open'
        resolve(reply.extractor)
      } else if (reply.type === 'not-opened') {
        phase = 'ending'
        reject(errorOf(reply.error))
      } else events.onReply(reply)
    })
    worker.on('error', (error: unknown) => {
      failure = error
    })
    worker.on('exit', (code) => {
      if (phase === 'ending') return
      const why = failure instanceof Error ? failure.message : `it ended with exit code ${code}`
      const error = new StableSigError('worker', `The detector’s worker crashed: ${why}`, { cause: failure })
      if (phase === 'opening') reject(error)
      else events.onCrash(error)
    })
  })
  // It may fail while nobody waits for it.
  opened.catch(() => {})
  const ended = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      living.delete(worker)
      if (living.size === 0) process.off('exit', endRunsInFlight)
      resolve()
    })
  })
  return {
    opened,
    post(request) {
      if (request.type === 'read') setBusy(state)
      // The queue's copy of the bytes is moved, not copied once more.
      const bytes = request.type === 'read' && typeof request.image !== 'string' ? request.image.buffer : null
      worker.postMessage(request, bytes instanceof ArrayBuffer ? [bytes] : [])
    },
    hold: (held) => (held ? worker.ref() : worker.unref()),
    async close() {
      phase = 'ending'
      worker.ref()
      worker.postMessage({ type: 'close' } satisfies WorkerRequest)
      await ended
    },
  }
}

function makeWorker(file: URL, workerData: WorkerSetup): Worker {
  // On this thread, since a worker cannot; its environment is this one, for native code sees no copy of Node's.
  try {
    disableTelemetry()
  } catch (error) {
    rethrow(error)
  }
  try {
    return new Worker(file, { workerData, env: SHARE_ENV, ...withoutInputType() })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new StableSigError('bad-argument', `The worker does not start with these options: ${why}`, { cause })
  }
}

/** Node refuses a thread's file where the process was started with --input-type, which is about what --eval runs. */
const withoutInputType = (): { execArgv?: string[] } =>
  process.execArgv.some((option) => option.startsWith('--input-type')) ? { execArgv: [] } : {}
