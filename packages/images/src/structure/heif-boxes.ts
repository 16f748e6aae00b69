import { cutOff, damaged } from './fault.ts'

/** A box of an ISO media file: its contents are the bytes [from, to). */
export interface Box {
  readonly type: string
  readonly from: number
  readonly to: number
}

/** The most boxes that one holds: more than any image has. */
const MAX_BOXES = 1 << 16

/** The boxes that fill the bytes [from, to), one after the other. @throws Fault where one reaches beyond */
export function* boxes(bytes: Uint8Array, from: number, to: number): Generator<Box> {
  let left = MAX_BOXES
  for (let at = from; at < to; ) {
    if (left-- === 0) throw damaged('it has more boxes than any image')
    const header = new ByteCursor(bytes, { from: at, to })
    let size = header.read(4)
    const type = header.text()
    // 0: to the end; 1: eight more bytes say it.
    if (size === 1) size = header.read(8)
    const end = size === 0 ? to : at + size
    if (end < header.at) throw damaged('a box of it is shorter than its header')
    if (end > to)
      throw to === bytes.length
        ? cutOff(`its box ${type} reaches beyond its end`)
        : damaged(`its box ${type} reaches beyond the one that it is in`)
    yield { type, from: header.at, to: end }
    at = end
  }
}

/** Reads big-endian numbers of a box one after the other. @throws Fault beyond its end */
export class ByteCursor {
  at: number
  readonly to: number

  constructor(
    private readonly bytes: Uint8Array,
    { from, to }: Pick<Box, 'from' | 'to'>,
  ) {
    this.at = from
    this.to = to
  }

  /** A number of `size` bytes, 0 of none. */
  read(size: number): number {
    if (this.at + size > this.to) throw damaged('a box of it is shorter than what it holds')
    let value = 0
    for (const end = this.at + size; this.at < end; this.at++) value = value * 256 + this.bytes[this.at]!
    return value
  }

  /** A name of four characters; others than printable ones are not a name. */
  text(): string {
    const name = String.fromCharCode(this.read(1), this.read(1), this.read(1), this.read(1))
    if (!/^[ -~]{4}$/.test(name)) throw damaged('a box of it has no name')
    return name
  }

  versionAndFlags(): { readonly version: number; readonly flags: number } {
    return { version: this.read(1), flags: this.read(3) }
  }

  version(): number {
    return this.versionAndFlags().version
  }
}
