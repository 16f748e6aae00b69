/** What one flush did, for whoever asks why a program is slow. Times are milliseconds. */
export interface FlushReport {
  /** Counts flushes of this backend from 1. */
  readonly flush: number
  /** Recorded kernels compiled in, and those left out because nobody could read them. */
  readonly kernels: number
  readonly dropped: number
  /** Why the graph was compiled; null when the session was there already. */
  readonly compileReason: string | null
  /** ONNX nodes by operator. */
  readonly operators: Readonly<Record<string, number>>
  readonly inputs: number
  readonly outputs: number
  readonly inputBytes: number
  readonly outputBytes: number
  /** Outputs that took the memory of inputs which nobody needed any more. */
  readonly overwritten: number
  readonly ms: {
    /** Walking the live graph and computing its key. */
    readonly key: number
    /** Lowering, passes and writing the model. */
    readonly compile: number
    /** The runtime's own preparation of the model. */
    readonly session: number
    readonly run: number
  }
  readonly sessions: number
  /** The session that ran, as the runtime numbers it; null where it numbers none. */
  readonly session: number | null
  /** Bytes of constant weights inside all sessions. */
  readonly constantBytes: number
  /** Estimated work space of this graph and of all sessions kept, in bytes. */
  readonly workBytes: number
  readonly allWorkBytes: number
  readonly pooledBytes: number
}

/** Totals since the backend was made. */
export interface EngineStats {
  flushes: number
  compiles: number
  cacheHits: number
  kernels: number
  keyMs: number
  compileMs: number
  sessionMs: number
  runMs: number
  inputBytes: number
  outputBytes: number
}

export function emptyStats(): EngineStats {
  return {
    flushes: 0,
    compiles: 0,
    cacheHits: 0,
    kernels: 0,
    keyMs: 0,
    compileMs: 0,
    sessionMs: 0,
    runMs: 0,
    inputBytes: 0,
    outputBytes: 0,
  }
}

export function addToStats(stats: EngineStats, report: FlushReport): void {
  stats.flushes++
  if (report.compileReason === null) stats.cacheHits++
  else stats.compiles++
  stats.kernels += report.kernels
  stats.keyMs += report.ms.key
  stats.compileMs += report.ms.compile
  stats.sessionMs += report.ms.session
  stats.runMs += report.ms.run
  stats.inputBytes += report.inputBytes
  stats.outputBytes += report.outputBytes
}
