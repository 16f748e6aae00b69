import { Readable } from 'node:stream'
import { run } from './index.ts'

export interface Captured {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Surroundings {
  readonly stdin?: string | Readable
  readonly env?: Record<string, string>
  readonly terminalWidth?: number
  readonly signal?: AbortSignal
  /** Called with each piece of results. */
  readonly onOut?: (text: string) => void
  /** Called with each piece of progress or error. */
  readonly onErr?: (text: string) => void
}

/** Runs a command line in this process: words, or one string split at spaces. For tests. */
export async function stablesig(line: string | readonly string[], around: Surroundings = {}): Promise<Captured> {
  let out = ''
  let err = ''
  const argv = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
  const code = await run(argv, {
    stdin:
      around.stdin instanceof Readable ? around.stdin : Readable.from(around.stdin === undefined ? [] : [around.stdin]),
    out: (text) => {
      out += text
      around.onOut?.(text)
    },
    err: (text) => {
      err += text
      around.onErr?.(text)
    },
    env: around.env ?? {},
    terminalWidth: around.terminalWidth,
    signal: around.signal ?? new AbortController().signal,
  })
  return { code, out, err }
}
