import { WeightsError } from '@stablesig/weights/errors'

/** What went wrong, for programs; the message says it for people. */
export type ErrorCode =
  | 'aborted'
  | 'bad-argument'
  | 'bad-calibration'
  | 'bad-checkpoint'
  | 'bad-image'
  | 'bad-key'
  | 'bad-registry'
  | 'bad-weights'
  | 'busy'
  | 'disposed'
  | 'io'
  | 'limit'
  | 'no-decision'
  | 'no-engine'
  | 'not-finite'
  | 'not-whitened'
  | 'range'
  | 'shape'
  | 'unattainable'
  | 'unsupported'
  | 'unsafe-weights'
  | 'worker'

/**
 * Every error this library throws on purpose. The message names the file or tensor, what was expected, what was found and
 * what to do; `code` tells the kind without reading it.
 *
 * `JSON.stringify` keeps name, code and message. `structuredClone` and `postMessage` make a plain Error of it, as of every class
 * of errors: its message stays and its code does not, which is why a failed outcome of many has the code beside the error.
 *
 * What @stablesig/weights throws has the same form and counts as one: `error instanceof StableSigError` holds for it.
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

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore-start lint/complexity/noThisInStatic: a class below this one asks with itself
    if (this === StableSigError && value instanceof WeightsError) return true
    return Function.prototype[Symbol.hasInstance].call(this, value)
    // biome-ignore-end lint/complexity/noThisInStatic: as above
  }

  /** What JSON.stringify shows; the cause, which may be anything, is left out. */
  toJSON(): { readonly name: string; readonly code: ErrorCode; readonly message: string } {
    return { name: this.name, code: this.code, message: this.message }
  }
}
