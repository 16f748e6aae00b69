/** What went wrong, for programs; the message says it for people. */
export type ErrorCode =
  | 'aborted'
  | 'bad-argument'
  | 'bad-checkpoint'
  | 'bad-image'
  | 'bad-key'
  | 'bad-registry'
  | 'bad-weights'
  | 'busy'
  | 'io'
  | 'limit'
  | 'no-decision'
  | 'no-engine'
  | 'not-finite'
  | 'range'
  | 'shape'
  | 'unattainable'
  | 'unsupported'
  | 'unsafe-weights'
  | 'worker'

/**
 * Every error this library throws on purpose. The message names the file or tensor, what was expected, what was found and
 * what to do; `code` tells the kind without reading it.
 */
export class StableSigError extends Error {
  override readonly name = 'StableSigError'
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }
}
