import { WeightsError } from './errors.ts'

/** Encodings that a text file's first bytes can tell, by their byte order marks. PowerShell's `>` writes the second. */
const MARKS = [
  { encoding: 'utf-8', mark: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', mark: [0xff, 0xfe] },
  { encoding: 'utf-16be', mark: [0xfe, 0xff] },
] as const

/**
 * Bytes of a text file, in pieces cut anywhere, as UTF-8 without a byte order mark: UTF-16 is told by its mark and converted, all
 * else is passed on as it is, so that names of files that are not UTF-8 keep their bytes.
 * @throws WeightsError 'bad-argument' for UTF-16 that is broken
 */
export class Utf8Pieces {
  #head: Uint8Array = new Uint8Array(0)
  #convert: ((bytes: Uint8Array, last: boolean) => Uint8Array) | undefined

  push(bytes: Uint8Array): Uint8Array {
    if (this.#convert) return this.#convert(bytes, false)
    this.#head = joined(this.#head, bytes)
    const undecided = MARKS.some(({ mark }) => this.#head.length < mark.length && beginsAlike(this.#head, mark))
    return undecided ? new Uint8Array(0) : this.#start(false)
  }

  /** What is left at the end. */
  finish(): Uint8Array {
    return this.#convert ? this.#convert(new Uint8Array(0), true) : this.#start(true)
  }

  #start(last: boolean): Uint8Array {
    const found = MARKS.find(({ mark }) => this.#head.length >= mark.length && beginsAlike(this.#head, mark))
    this.#convert = found && found.encoding !== 'utf-8' ? toUtf8(found.encoding) : (bytes) => bytes
    return this.#convert(this.#head.subarray(found?.mark.length ?? 0), last)
  }
}

/**
 * A text file as a string: UTF-8 with and without byte order mark, UTF-16 with one.
 * @throws WeightsError 'bad-argument' for what is none of them
 */
export function decodeText(bytes: Uint8Array): string {
  const pieces = new Utf8Pieces()
  const utf8 = joined(pieces.push(bytes), pieces.finish())
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(utf8)
  } catch (cause) {
    throw new WeightsError('bad-argument', 'it is not text in UTF-8, or in UTF-16 with a byte order mark; save it so', {
      cause,
    })
  }
}

function toUtf8(encoding: string): (bytes: Uint8Array, last: boolean) => Uint8Array {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  const encoder = new TextEncoder()
  // A surrogate pair may be cut between two pieces; the decoder keeps its first half.
  return (bytes, last) => {
    try {
      return encoder.encode(decoder.decode(bytes, { stream: !last }))
    } catch (cause) {
      throw new WeightsError('bad-argument', 'its byte order mark says UTF-16, and it is not; save it as UTF-8', {
        cause,
      })
    }
  }
}

/** Whether two runs of bytes are the same as far as the shorter one goes. */
const beginsAlike = (a: Uint8Array, b: readonly number[]): boolean =>
  b.every((byte, i) => i >= a.length || a[i] === byte)

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
