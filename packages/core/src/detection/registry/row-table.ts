/** Most rows: their numbers take 24 bits of a slot. */
export const MAX_ROWS = 2 ** 24 - 1

/**
 * A hash table of the rows 0, 1, 2, …: they live elsewhere, in packed arrays; the table only finds them. Open addressing with
 * linear probing, at most half full, 4 bytes a slot: 8 MB for a million rows, where a Map of strings takes ten times that.
 * A slot is 0, or row + 1 below the hash's highest 8 bits, so that other rows are passed without looking at them.
 */
export class RowTable {
  #slots = new Uint32Array(16)
  #size = 0
  readonly #hashOf: (row: number) => number

  /** @param hashOf the hash of a row that is in the table: a 32-bit integer, well mixed */
  constructor(hashOf: (row: number) => number) {
    this.#hashOf = hashOf
  }

  get bytes(): number {
    return this.#slots.byteLength
  }

  /** The first row among those filed under `hash` for which `equals` holds, or -1. */
  find(hash: number, equals: (row: number) => boolean): number {
    const slots = this.#slots
    const mask = slots.length - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = slots[at]!
      if (slot === 0) return -1
      if (slot >>> 24 !== hash >>> 24) continue
      const row = (slot & 0xffffff) - 1
      if (equals(row)) return row
    }
  }

  /** Files the next row. */
  insert(hash: number): void {
    if (2 * (this.#size + 1) > this.#slots.length) this.#grow()
    this.#place(hash, this.#size++)
  }

  #place(hash: number, row: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let at = hash & mask
    while (slots[at] !== 0) at = (at + 1) & mask
    slots[at] = (hash & 0xff000000) | (row + 1)
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2)
    for (let row = 0; row < this.#size; row++) this.#place(this.#hashOf(row), row)
  }
}

/** Spreads what is in any bit of `h` over all of them (the finaliser of MurmurHash3). */
export function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
