/** What an engine can refuse: an option, a kernel or form it lacks, a synchronous read it cannot do, a bound it would break, use after dispose. */
export type EngineErrorCode =
  | 'bad-argument'
  | 'unsupported'
  | 'no-sync-read'
  | 'limit'
  | 'disposed'
  | 'no-engine'
  | 'run-failed'

/** Every error this backend throws on purpose; the message says what was asked, what there is, and what to do. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  constructor(
    readonly code: EngineErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }
}
