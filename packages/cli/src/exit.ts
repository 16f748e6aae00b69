/** What a command leaves behind for the shell: scripts depend on these. */
export const EXIT = {
  /** Done; for detect and identify: at least one image found. */
  done: 0,
  /** detect and identify: no image found; sign: the quality asked for was not reached. */
  none: 1,
  /** Any error, usage included. */
  error: 2,
  /** Ctrl-C. */
  interrupted: 130,
  /** SIGTERM, as `kill` and a container's end send it. */
  terminated: 143,
  /** SIGHUP: the terminal is gone. */
  hungUp: 129,
  /** Whoever read the results closed the pipe before all was decided: as SIGPIPE ends other programs. */
  unread: 141,
} as const

/** A mistake in the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'usage'
}

interface Coded {
  readonly message: string
  readonly code?: unknown
}
const isCoded = (error: unknown): error is Coded => error instanceof Error

/**
 * An error as people and programs read it: one line, and a code. What looks like a key is hidden: a mistyped command line
 * must not put one into a log.
 */
export function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (!isCoded(error)) return { code: 'internal', message: hideKeys(String(error)) }
  // Node's errors have codes too, in capitals; those are not part of the contract.
  const code = typeof error.code === 'string' && /^[a-z-]+$/.test(error.code) ? error.code : 'internal'
  return { code, message: hideKeys(error.message.replace(/\s*\n\s*/g, ' ').trim()) }
}

/** The same of any error that ends a command: what the system says is told in other words than Node's. */
export async function explain(error: unknown): Promise<ReturnType<typeof describe>> {
  if (!isCoded(error) || !('syscall' in error)) return describe(error)
  const { explainSystemError, isSystemError } = await import('@stablesig/backend-node')
  return describe(isSystemError(error) ? explainSystemError(error) : error)
}

/** Long runs of 0 and 1, and long hexadecimal numbers, replaced. */
export const hideKeys = (text: string): string => text.replace(/[01]{16,}|0x[0-9a-fA-F]{4,}/g, '[hidden]')
