/** What went wrong, for programs; the message says it for people. */
export type WeightsErrorCode =
  | 'bad-argument'
  | 'bad-weights'
  | 'io'
  | 'limit'
  | 'not-finite'
  | 'shape'
  | 'unsafe-weights'
  | 'unsupported'

/**
 * Every error this package throws on purpose. The message names the file or tensor, what was expected, what was found and
 * what to do; `code` gives the kind without reading it.
 */
export class WeightsError extends Error {
  override readonly name = 'WeightsError'
  constructor(
    readonly code: WeightsErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }

  /** What JSON.stringify shows; the cause, which may be anything, is left out. */
  toJSON(): { readonly name: string; readonly code: WeightsErrorCode; readonly message: string } {
    return { name: this.name, code: this.code, message: this.message }
  }
}
