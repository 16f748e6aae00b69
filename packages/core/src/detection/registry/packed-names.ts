import { mix, RowTable } from './row-table.ts'

/** Names as UTF-8, one behind the other: about 4 bytes a name beside its letters, where a string object takes 20 to 40. */
export class PackedNames {
  #bytes = new Uint8Array(1024)
  /** Where name i starts; name i ends where name i + 1 starts. */
  #starts = new Uint32Array(64)
  #size = 0
  /** Drawn anew for every registry: a file cannot be made so that its names collide. */
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0]!
  readonly #table = new RowTable((row) => this.hash(this.#bytes, this.#starts[row]!, this.#starts[row + 1]!))

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#bytes.byteLength + this.#starts.byteLength + this.#table.bytes
  }

  /** The row of the name in source[start, end), or -1. */
  find(source: Uint8Array, start: number, end: number, hash = this.hash(source, start, end)): number {
    return this.#table.find(hash, (row) => this.#equals(row, source, start, end))
  }

  /** Appends source[start, end), which is not there yet, and gives its row. */
  append(source: Uint8Array, start: number, end: number, hash = this.hash(source, start, end)): number {
    const from = this.#starts[this.#size]!
    const to = from + end - start
    while (to > this.#bytes.length) this.#bytes = grown(this.#bytes, Uint8Array)
    if (this.#size + 2 > this.#starts.length) this.#starts = grown(this.#starts, Uint32Array)
    const bytes = this.#bytes
    for (let i = 0; i < end - start; i++) bytes[from + i] = source[start + i]!
    this.#starts[this.#size + 1] = to
    this.#table.insert(hash)
    return this.#size++
  }

  at(row: number): string {
    return new TextDecoder().decode(this.#bytes.subarray(this.#starts[row]!, this.#starts[row + 1]!))
  }

  #equals(row: number, source: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[row]!
    if (this.#starts[row + 1]! - from !== end - start) return false
    const bytes = this.#bytes
    for (let i = 0; i < end - start; i++) if (bytes[from + i] !== source[start + i]) return false
    return true
  }

  /** FNV-1a over the bytes, from the seed. */
  hash(source: Uint8Array, start: number, end: number): number {
    let h = this.#seed
    for (let i = start; i < end; i++) h = Math.imul(h ^ source[i]!, 0x01000193)
    return mix(h)
  }
}

/** A copy of twice the size. */
export function grown<T extends Uint8Array | Uint32Array>(array: T, kind: new (length: number) => T): T {
  const larger = new kind(array.length * 2)
  larger.set(array)
  return larger
}
