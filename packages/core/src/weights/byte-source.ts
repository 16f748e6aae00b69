/**
 * Bytes that can be read by range: how core reaches a file without knowing a file system. A source that is larger than
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

/** A source over bytes already in memory; reads are views, not copies. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return { name, size: bytes.byteLength, read: async (offset, length) => bytes.subarray(offset, offset + length) }
}
