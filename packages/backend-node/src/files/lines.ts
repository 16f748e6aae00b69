import { createInterface } from 'node:readline'

/**
 * The lines of a stream as they arrive, without their ends; empty lines are left out.
 * @param signal ends the lines when it is aborted, also while the next one is waited for
 */
export async function* readLines(input: NodeJS.ReadableStream, signal?: AbortSignal): AsyncGenerator<string> {
  if (signal?.aborted) return
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  const stop = () => lines.close()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    for await (const line of lines) if (line !== '') yield line
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
