import { isUtf8 } from 'node:buffer'

/*
 * On Linux and other Unixes a file's name is bytes, and need not be UTF-8. A path here is a string all the same: each byte that
 * is no part of a valid character is the lone surrogate U+DC00 + byte, as Python has it (PEP 383). So names can be joined,
 * compared and sorted, JSON writes them as "\udcff", and the bytes come back where a file is opened.
 */

/** Unpaired surrogates alone: with the flag u a pair is one character. */
const ESCAPED = /[\udc80-\udcff]/u
const EACH_ESCAPED = /[\udc80-\udcff]/gu

/** A name's bytes -> a string that holds all of them. */
export function pathOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (isUtf8(buffer)) return buffer.toString()
  let path = ''
  for (let at = 0; at < buffer.length; ) {
    // The shortest valid run is one character.
    const length = [1, 2, 3, 4].find((n) => at + n <= buffer.length && isUtf8(buffer.subarray(at, at + n)))
    path += length ? buffer.toString('utf8', at, at + length) : String.fromCharCode(0xdc00 + buffer[at]!)
    at += length ?? 1
  }
  return path
}

/** Text that may hold such paths -> the bytes that it stands for. */
export function bytesOfPath(text: string): Buffer {
  if (!ESCAPED.test(text)) return Buffer.from(text)
  return Buffer.concat(
    Array.from(text, (character) =>
      ESCAPED.test(character) ? Buffer.of(character.charCodeAt(0) - 0xdc00) : Buffer.from(character),
    ),
  )
}

/** A path as the system takes it: as it is, or as bytes where its name is not UTF-8. */
export const systemPath = (path: string): string | Buffer => (ESCAPED.test(path) ? bytesOfPath(path) : path)

/** A name for a new file, made of one that may not be UTF-8. */
export const readableName = (name: string): string => name.replace(EACH_ESCAPED, '\ufffd')
