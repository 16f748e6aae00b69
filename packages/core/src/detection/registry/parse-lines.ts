import { StableSigError } from '../../errors.ts'
import { MAX_KEY_BITS, parseKeyText } from '../../signal/key-text.ts'
import { packBits } from './packed-keys.ts'
import { MAX_NAME_BYTES, RegistryStore, refusal } from './store.ts'

const TAB = 0x09
const NEWLINE = 0x0a
const RETURN = 0x0d

/** A name, a tab, a key in hexadecimal or 0s and 1s. */
const MAX_LINE_BYTES = MAX_NAME_BYTES + 1 + MAX_KEY_BITS + 1

/** Reads `name<TAB>key` lines from pieces of a file, of any length; holds at most one line beside the rows. */
export class LineParser {
  #store: RegistryStore | undefined
  #rest = new Uint8Array(0)
  #line = 0
  /** The line's key; one array for all lines. */
  readonly #words = new Uint32Array(MAX_KEY_BITS / 32 + 1)
  readonly #bits: number | undefined
  readonly #maxUsers: number

  constructor(bits: number | undefined, maxUsers: number) {
    this.#bits = bits
    this.#maxUsers = maxUsers
  }

  push(chunk: Uint8Array): void {
    let bytes = chunk
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + chunk.length)
      bytes.set(this.#rest)
      bytes.set(chunk, this.#rest.length)
    }
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#read(bytes, start, end)
      start = end + 1
    }
    if (bytes.length - start > MAX_LINE_BYTES) throw this.#wrong(refusal(`is longer than ${MAX_LINE_BYTES} bytes`), 1)
    this.#rest = bytes.slice(start)
  }

  finish(): RegistryStore {
    this.#read(this.#rest, 0, this.#rest.length)
    if (this.#store === undefined) throw refusal('Nobody is registered: expected lines of a name, a tab and a key')
    return this.#store
  }

  #read(bytes: Uint8Array, start: number, end: number): void {
    this.#line++
    if (end > start && bytes[end - 1] === RETURN) end--
    if (end === start) return
    try {
      this.#add(bytes, start, end)
    } catch (error) {
      throw this.#wrong(error, 0)
    }
  }

  #add(bytes: Uint8Array, start: number, end: number): void {
    const tab = bytes.indexOf(TAB, start)
    if (tab < 0 || tab >= end) throw refusal('Expected a name, a tab and a key; found no tab')
    const found = packAscii(bytes, tab + 1, end, this.#words) || packText(bytes, tab + 1, end, this.#words)
    const bits = this.#store?.keys.bits ?? this.#bits ?? found
    if (found !== bits) {
      const reason = this.#bits === undefined ? 'as the keys before it' : 'as was asked for'
      throw refusal(`Expected a key of ${bits} bits, ${reason}; found ${found}`)
    }
    this.#store ??= new RegistryStore(bits)
    if (this.#store.size >= this.#maxUsers)
      throw new StableSigError('limit', `There are more than ${this.#maxUsers} users`)
    this.#store.add(bytes, start, tab, this.#words)
  }

  #wrong(error: unknown, ahead: number): unknown {
    if (!(error instanceof StableSigError)) return error
    const code = error.code === 'bad-key' ? 'bad-registry' : error.code
    return new StableSigError(code, `Line ${this.#line + ahead}: ${error.message}`)
  }
}

/** The usual spelling into `words`, without a string in between: the number of bits, or 0 where a byte is not '0' or '1'. */
function packAscii(bytes: Uint8Array, start: number, end: number, words: Uint32Array): number {
  const bits = end - start
  if (bits > MAX_KEY_BITS) return 0
  for (let at = start; at < end; at += 32) {
    const stop = Math.min(at + 32, end)
    let word = 0
    for (let i = at; i < stop; i++) {
      const digit = bytes[i]! - 0x30
      if (digit !== 0 && digit !== 1) return 0
      word |= digit << (i - at)
    }
    words[(at - start) >>> 5] = word
  }
  words[(bits + 31) >>> 5] = 0 // The second word of a pair, where the key ends in the first.
  return bits
}

/** Any other spelling: hexadecimal, or an error that says where it is wrong. */
function packText(bytes: Uint8Array, start: number, end: number, words: Uint32Array): number {
  const bits = parseKeyText(new TextDecoder().decode(bytes.subarray(start, end)))
  words.set(packBits(bits))
  return bits.length
}
