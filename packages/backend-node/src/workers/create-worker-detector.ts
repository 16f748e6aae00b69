import { ThreadDetector } from './thread-detector.ts'
import type { WorkerDetector, WorkerDetectorOptions } from './worker-detector.ts'

/**
 * Starts a worker thread that opens engine and extractor once and reads images there, so that this thread's event loop stays
 * free: a decision takes it microseconds. Settles when the worker is open. An idle worker does not keep the process alive.
 *
 * Ending a thread during a run of ONNX Runtime aborts the process (SIGABRT). `close()` therefore waits for the run in flight,
 * and so does `process.exit`, while this thread is blocked, for as long as a tile takes.
 *
 * Where the worker crashes, all that is pending is rejected with 'worker', and the next image starts a new one. A fault inside
 * native code ends the whole process, as everywhere in Node.
 * @throws StableSigError as `ready`, `openExtractor`; 'bad-key', 'bad-registry', 'unattainable', 'bad-argument', 'io', 'worker',
 *   'not-whitened' (see `WhiteningConsent`)
 */
export async function createWorkerDetector(options: WorkerDetectorOptions): Promise<WorkerDetector> {
  const detector = new ThreadDetector(options)
  await detector.open()
  return detector
}
