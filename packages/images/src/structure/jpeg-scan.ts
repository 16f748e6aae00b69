import { damaged } from './fault.ts'
import type { HuffmanTable } from './huffman.ts'
import { turn } from './turn.ts'

/** Blocks of one component in an MCU, and the tables that their codes are in. */
export interface ScanComponent {
  readonly blocks: number
  readonly dc: HuffmanTable
  readonly ac: HuffmanTable
}

export interface Scan {
  readonly components: readonly ScanComponent[]
  /** Minimum coded units in the scan. */
  readonly mcus: number
  /** MCUs between restart markers; 0: there are none. */
  readonly restartInterval: number
}

/** Blocks that are read before other work of the process has its turn: some milliseconds. */
const BLOCKS_PER_TURN = 4000

/**
 * Reads the entropy-coded data of a sequential scan without computing a pixel: every code must be one of its table, every
 * block must hold 64 coefficients, and the data must end where the blocks do. A decoder that only warns fills what is missing
 * with grey, and libvips does not look at the warnings of the last rows.
 * @param at where the data begin
 * @returns where the marker after them begins
 * @throws Fault
 */
export async function checkScan(bytes: Uint8Array, at: number, scan: Scan): Promise<number> {
  const bits = new ScanBits(bytes, at)
  let left = BLOCKS_PER_TURN
  for (let mcu = 0; mcu < scan.mcus; mcu++) {
    if (scan.restartInterval > 0 && mcu > 0 && mcu % scan.restartInterval === 0)
      bits.restart((mcu / scan.restartInterval - 1) % 8)
    for (const { blocks, dc, ac } of scan.components) {
      for (let i = 0; i < blocks; i++) bits.block(dc, ac)
      left -= blocks
    }
    if (left <= 0) {
      left = BLOCKS_PER_TURN
      await turn()
    }
  }
  return bits.end()
}

class ScanBits {
  /** The next bits are the lowest `count` of these; the last `padded` of them are zeros put after the data. */
  private bits = 0
  private count = 0
  private padded = 0

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {}

  /** At least `needed` bits, up to 17. */
  private fill(needed: number): void {
    while (this.count < needed) {
      const byte = this.bytes[this.at]
      if (byte === undefined || (byte === 0xff && this.bytes[this.at + 1] !== 0)) {
        this.padded += 8
        this.bits <<= 8
      } else {
        this.at += byte === 0xff ? 2 : 1
        this.bits = (this.bits << 8) | byte
      }
      this.count += 8
    }
  }

  /**
   * One block: a DC difference, and runs of zeros with the AC coefficient that ends each. The bits of a coefficient are taken off
   * before they are there (`count` is then negative) and come with the next bytes.
   */
  block(dc: HuffmanTable, ac: HuffmanTable): void {
    const symbol = this.symbol(dc)
    if (symbol > 15) throw damaged(`its data hold a coefficient of ${symbol} bits`)
    this.count -= symbol
    for (let k = 1; k < 64; k++) {
      const next = this.symbol(ac)
      const run = next >> 4
      const size = next & 15
      // Of size 0 are the end of the block and a run of sixteen zeros.
      if (size === 0 && run < 15) break
      k += run
      if (k > 63) throw damaged('its data hold a block of more than 64 coefficients')
      this.count -= size
    }
    if (this.padded > 0 && this.count < this.padded) throw this.tooShort()
  }

  private symbol(table: HuffmanTable): number {
    this.fill(17)
    const found = table[(this.bits >>> (this.count - 16)) & 0xffff]!
    if (found === 0) throw this.padded > 0 ? this.tooShort() : damaged('its data hold a code that no table has')
    this.count -= found >> 8
    return found & 255
  }

  private tooShort() {
    return damaged(
      this.at >= this.bytes.length ? 'it is cut off within its data' : 'its data end before the picture is complete',
    )
  }

  /** Ends a run of MCUs, at a marker: less than a byte may be left. Where the marker's code is. */
  private marker(): number {
    this.fill(0)
    if (this.count < this.padded) throw this.tooShort()
    const whole = (this.count - this.padded) >> 3
    const code = this.code()
    if (whole > 0 || this.bytes[this.at] !== 0xff) throw damaged('it has data after its picture is complete')
    return code
  }

  /** Markers may have any number of 0xff before them. */
  private code(): number {
    let at = this.at + 1
    while (this.bytes[at] === 0xff) at++
    return at
  }

  restart(expected: number): void {
    const code = this.marker()
    if (this.bytes[code] !== 0xd0 + expected) throw damaged(`restart marker ${expected} is missing from its data`)
    this.at = code + 1
    this.bits = this.count = this.padded = 0
  }

  end(): number {
    if (this.at >= this.bytes.length) throw damaged('it is cut off after its data: its end marker is missing')
    this.marker()
    return this.at
  }
}
