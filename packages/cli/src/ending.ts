import { EXIT } from './exit.ts'

/** Signals that ask a command to end, and its exit code then: 128 and the signal's number, as shells have it. */
export const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp } as const

/** Why a command ends before it is done: the reason that its signal is aborted with. */
export class Ending extends Error {
  override readonly name = 'Ending'
  constructor(
    readonly exitCode: number,
    /** Begins the line that tells of it; '' where nobody is left to be told. */
    message: string,
  ) {
    super(message)
  }
}

/** What a signal makes a command end with. */
export const endingOf = (name: keyof typeof SIGNALS): Ending =>
  new Ending(SIGNALS[name], name === 'SIGINT' ? 'interrupted' : `ended by ${name}`)

/**
 * Work that looks at no signal, left where it is when the command is to end: what it writes takes its name in one step, so that
 * nothing is left half written.
 * @throws the signal's reason
 */
export function untilEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
