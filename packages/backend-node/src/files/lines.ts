import { Readable } from 'node:stream'
import { StableSigError } from '@stablesig/core'
import { Utf8Pieces } from '@stablesig/weights'
import { pathOfBytes } from './system-path.ts'

export interface LinesOptions {
  /** Ends the lines when it is aborted, also while the next one is waited for. */
  readonly signal?: AbortSignal
  /** 'newline' (the default), with or without a carriage return before it; or 'nul', as `find -print0` writes. */
  readonly separator?: 'newline' | 'nul'
}

const [NUL, NEWLINE, RETURN] = [0x00, 0x0a, 0x0d]
/** Longer than any path that a system takes. */
const MAX_LINE_BYTES = 2 ** 20

/**
 * The lines of a stream as they arrive, without their ends; empty lines are left out. The text is UTF-8, or UTF-16 with a byte order
 * mark. Bytes that are not UTF-8 are kept as paths keep them: see `findFiles`.
 * @throws StableSigError 'limit' for a line of a megabyte; 'bad-argument' for UTF-16 that is broken; what the stream throws
 */
export async function* readLines(
  input: NodeJS.ReadableStream,
  { signal, separator = 'newline' }: LinesOptions = {},
): AsyncGenerator<string> {
  if (signal?.aborted) return
  const end = separator === 'nul' ? NUL : NEWLINE
  const utf8 = new Utf8Pieces()
  let rest: Uint8Array = new Uint8Array(0)
  const linesOf = function* (bytes: Uint8Array): Generator<string> {
    const all = rest.length ? Buffer.concat([rest, bytes]) : bytes
    let start = 0
    for (let at = all.indexOf(end); at >= 0; at = all.indexOf(end, start)) {
      const stop = end === NEWLINE && at > start && all[at - 1] === RETURN ? at - 1 : at
      if (stop > start) yield pathOfBytes(all.subarray(start, stop))
      start = at + 1
    }
    if (all.length - start > MAX_LINE_BYTES)
      throw new StableSigError(
        'limit',
        `a line of the list has more than ${MAX_LINE_BYTES} bytes: it is no list of paths`,
      )
    rest = Uint8Array.from(all.subarray(start))
  }
  for await (const piece of untilAborted(input, signal)) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    yield* linesOf(utf8.push(bytes))
  }
  yield* linesOf(utf8.finish())
  yield* linesOf(Uint8Array.of(end))
}

/** A stream's pieces until it ends or is aborted; an aborted one is destroyed, for nobody reads on. */
async function* untilAborted(
  input: NodeJS.ReadableStream,
  signal: AbortSignal | undefined,
): AsyncGenerator<string | Buffer> {
  const pieces = input[Symbol.asyncIterator]()
  let stop = () => {}
  const aborted = new Promise<null>((resolve) => {
    stop = () => resolve(null)
  })
  signal?.addEventListener('abort', stop, { once: true })
  try {
    while (true) {
      const coming = pieces.next()
      const piece = await Promise.race([coming, aborted])
      if (piece === null) {
        coming.catch(() => {})
        if (input instanceof Readable) input.destroy()
        return
      }
      if (piece.done) return
      yield piece.value
    }
  } finally {
    signal?.removeEventListener('abort', stop)
    if (!signal?.aborted) await pieces.return?.()
  }
}
