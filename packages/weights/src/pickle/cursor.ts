/** Thrown when the bytes at hand end inside a pickle; the caller may have more of them. */
export class PickleEnds extends Error {
  override readonly name = 'PickleEnds'
}

/** Reads a pickle's opcodes and arguments, never past the bytes there are. Lengths are checked before anything is made. */
export class Cursor {
  private readonly view: DataView
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Moves past `length` bytes; where they begin. */
  private skip(length: number): number {
    const begin = this.at
    if (length > this.bytes.length - begin)
      throw new PickleEnds(`byte ${begin}: ${length} bytes asked for, ${this.bytes.length - begin} are left`)
    this.at = begin + length
    return begin
  }

  byte(): number {
    return this.bytes[this.skip(1)] ?? 0
  }

  uint16(): number {
    return this.view.getUint16(this.skip(2), true)
  }

  int32(): number {
    return this.view.getInt32(this.skip(4), true)
  }

  uint32(): number {
    return this.view.getUint32(this.skip(4), true)
  }

  /** Rounded beyond 2^53, where no length is right anyway. */
  uint64(): number {
    return this.uint32() + this.uint32() * 2 ** 32
  }

  /** Big-endian, unlike the rest. */
  float64(): number {
    return this.view.getFloat64(this.skip(8), false)
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    const begin = this.skip(length)
    return this.bytes.subarray(begin, begin + length)
  }

  /** The bytes up to the next newline, which is passed over. */
  line(): Uint8Array {
    const end = this.bytes.indexOf(10, this.at)
    if (end < 0) throw new PickleEnds(`byte ${this.at}: a line without an end`)
    const line = this.take(end - this.at)
    this.at++
    return line
  }
}
