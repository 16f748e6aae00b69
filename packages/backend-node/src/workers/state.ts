/**
 * Whether a worker may be computing, in memory that both threads see. Ending a thread inside a run of ONNX Runtime aborts the whole
 * process, and `process.exit` ends threads without asking. So the main thread waits here first, which it can do even while
 * the process exits and no message is received any more.
 */
const IDLE = 0
const BUSY = 1

export const newState = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)

/** In the main thread, before it posts what the worker is to do. */
export const setBusy = (state: SharedArrayBuffer): void => {
  Atomics.store(new Int32Array(state), 0, BUSY)
}

/** In the worker, when it has done that. */
export function setIdle(state: SharedArrayBuffer): void {
  const cell = new Int32Array(state)
  Atomics.store(cell, 0, IDLE)
  Atomics.notify(cell, 0)
}

/** In the main thread: blocks while the worker is busy. @returns false where it still is after `milliseconds` */
export const waitUntilIdle = (state: SharedArrayBuffer, milliseconds: number): boolean =>
  Atomics.wait(new Int32Array(state), 0, BUSY, milliseconds) !== 'timed-out'
