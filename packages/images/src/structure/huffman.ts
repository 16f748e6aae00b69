import { damaged } from './fault.ts'

/** What the next 16 bits begin with, by their value: the symbol, and the length of its code (0: no code begins so) above it. */
export type HuffmanTable = Uint16Array

/** The tables of one DHT segment, put into `tables` under class * 16 + id: class 0 for DC, 1 for AC. */
export function readHuffmanTables(segment: Uint8Array, tables: Map<number, HuffmanTable>): void {
  let at = 0
  while (at < segment.length) {
    const key = segment[at]!
    if ((key & 0xec) !== 0) throw damaged('a Huffman table has a number that none has')
    const lengths = segment.subarray(at + 1, at + 17)
    const count = lengths.reduce((sum, n) => sum + n, 0)
    const symbols = segment.subarray(at + 17, at + 17 + count)
    if (lengths.length < 16 || symbols.length < count) throw damaged('a Huffman table is shorter than it says')
    tables.set(key, lookup(lengths, symbols))
    at += 17 + count
  }
}

/** Canonical codes: those of one length count up, and a longer one goes on where the shorter ones ended. */
function lookup(lengths: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const table = new Uint16Array(65536)
  let first = 0
  let next = 0
  for (let length = 1; length <= 16; length++) {
    for (let i = 0; i < lengths[length - 1]!; i++) {
      const end = first + (1 << (16 - length))
      if (end > 65536) throw damaged('a Huffman table has more codes than there are')
      table.fill((length << 8) | symbols[next++]!, first, end)
      first = end
    }
  }
  return table
}
