import { type ErrorCode, StableSigError } from '../errors.ts'

/**
 * What became of one image of several: a value, or the error that says why there is none. The value of a failure does not
 * exist, so that `outcome.value.detected` throws where it was not checked, instead of reading as "not detected". The error's code
 * stands beside it too: that, and the error's message, outlive structuredClone and postMessage, which keep no class of error.
 */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: ErrorCode; readonly error: StableSigError }

export const succeeded = <T>(value: T): Outcome<T> => ({ ok: true, value })
export const failed = <T>(error: StableSigError): Outcome<T> => ({ ok: false, code: error.code, error })

/** The value, or the error thrown. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value
  throw outcome.error
}

/**
 * The outcome of one more step. Only what is wrong with this image stays with it; errors that concern the arguments, and so
 * every image (another key length, an unattainable rate), are thrown.
 */
export function andThen<T, R>(outcome: Outcome<T>, step: (value: T) => R): Outcome<R> {
  if (!outcome.ok) return outcome
  try {
    return succeeded(step(outcome.value))
  } catch (error) {
    if (error instanceof StableSigError && error.code === 'not-finite') return failed(error)
    throw error
  }
}
