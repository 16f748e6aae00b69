import { WeightsError } from './errors.ts'

/**
 * Bytes that can be read by range: how a reader reaches a file without knowing a file system. A source that is larger than
 * memory is never read whole.
 */
export interface ByteSource {
  /** What errors call it: usually the path. */
  readonly name: string
  /** Bytes in all. */
  readonly size: number
  /** `length` bytes from `offset`, both whole numbers with offset + length <= size; rejects when they cannot be had. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/**
 * A source over bytes already in memory; reads are views, not copies.
 * @param name what errors call it
 * @throws WeightsError 'bad-argument'
 */
export function memorySource(name: string, bytes: Uint8Array | ArrayBuffer): ByteSource {
  if (typeof name !== 'string' || !(bytes instanceof Uint8Array || bytes instanceof ArrayBuffer))
    throw new WeightsError(
      'bad-argument',
      'memorySource takes a name for errors, and bytes: a Uint8Array or an ArrayBuffer',
    )
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)
  return { name, size: view.byteLength, read: async (offset, length) => view.subarray(offset, offset + length) }
}

/** For callers without types. @throws WeightsError 'bad-argument', which tells a Promise that was not awaited */
export function checkByteSource(value: unknown): asserts value is ByteSource {
  const has = (field: string) => typeof value === 'object' && value !== null && field in value
  if (has('name') && has('size') && has('read')) return
  const found = has('then') ? 'a Promise: await it' : typeof value === 'object' ? 'another object' : `a ${typeof value}`
  throw new WeightsError(
    'bad-argument',
    `source: expected a ByteSource, as memorySource gives it, with name, size, read; found ${found}`,
  )
}
