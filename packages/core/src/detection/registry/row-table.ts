/**
 * A hash table of row numbers: rows live elsewhere, in packed arrays; the table only finds them. Open addressing with linear
 * probing, at most half full, 4 bytes a slot: 8 MB for a million rows, where a Map of strings takes ten times that.
 */
export class RowTable {
  #slots = new Int32Array(16).fill(-1)
  #size = 0
  readonly #hashOf: (row: number) => number

  /** @param hashOf the hash of a row that is in the table: any 32-bit integer, well mixed in its low bits */
  constructor(hashOf: (row: number) => number) {
    this.#hashOf = hashOf
  }

  get bytes(): number {
    return this.#slots.byteLength
  }

  /** The first row among those filed under `hash` for which `equals` holds, or -1. */
  find(hash: number, equals: (row: number) => boolean): number {
    const mask = this.#slots.length - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const row = this.#slots[at]!
      if (row < 0 || equals(row)) return row
    }
  }

  insert(hash: number, row: number): void {
    if (2 * (this.#size + 1) > this.#slots.length) this.#grow()
    this.#place(hash, row)
    this.#size++
  }

  #place(hash: number, row: number): void {
    const mask = this.#slots.length - 1
    let at = hash & mask
    while (this.#slots[at]! >= 0) at = (at + 1) & mask
    this.#slots[at] = row
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Int32Array(old.length * 2).fill(-1)
    for (const row of old) if (row >= 0) this.#place(this.#hashOf(row), row)
  }
}

/** Spreads what is in any bit of `h` over all of them (the finaliser of MurmurHash3). */
export function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
