import { StableSigError } from './errors.ts'

/** The error of work that a signal stopped. Its cause is the signal's reason: what was given to `abort`, or what a timeout says. */
export const abortedError = (signal: AbortSignal | undefined, message: string): StableSigError =>
  new StableSigError('aborted', message, { cause: signal?.reason })

/** Stops work whose signal was aborted. @throws StableSigError 'aborted', with the signal's reason as its cause */
export function stopIfAborted(signal: AbortSignal | undefined, message: string): void {
  if (signal?.aborted) throw abortedError(signal, message)
}
