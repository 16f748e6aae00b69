import { type ByteSource, Utf8Pieces } from '@stablesig/weights'
import { badArgument, checkOneOf, checkOptions, isPromise } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { parseJsonRegistry } from './parse-json.ts'
import { LineParser } from './parse-lines.ts'
import { type Registry, registryOf } from './registry.ts'
import { MAX_USERS, type RegistryStore, refusal } from './store.ts'

export interface ReadRegistryOptions {
  /** `lines`: a name, a tab and a key a line. `auto`: JSON where the first character is { or [, lines otherwise. */
  readonly format?: 'auto' | 'lines' | 'json'
  /** Length that the keys must have; that of the first one where it is left out. */
  readonly bits?: number
  /** What errors call it: its file's path; a ByteSource's own name by default. */
  readonly name?: string
  /** Most bytes that are read: 1 GiB by default. JSON is held whole and is limited to 256 MiB in any case. */
  readonly maxBytes?: number
  /** Most users, 16,777,215 by default and at most. */
  readonly maxUsers?: number
}

type Piece = string | Uint8Array

/** A registry's text: whole, in pieces cut anywhere, or as a source that is read piece by piece. */
export type RegistryText = Piece | Iterable<Piece> | AsyncIterable<Piece> | ByteSource

const MAX_JSON_BYTES = 256 * 2 ** 20
const PIECE_BYTES = 2 ** 20

/**
 * Reads users and their keys from `name<TAB>key` lines (LF or CRLF, blank lines skipped) or from JSON: `{ "name": "0101…" }`
 * or `[{ "user": "name", "key": "0101…" }]`. Lines are never held whole: a million of them take as much memory as the
 * registry.
 * @throws StableSigError 'bad-registry' naming the line (from 1) and never a key: no key there, two lengths, a name or a key
 * that comes twice; 'limit' beyond maxBytes or maxUsers
 */
export async function readRegistry(text: RegistryText, options: ReadRegistryOptions = {}): Promise<Registry> {
  if (text === undefined || text === null || isPromise(text))
    throw badArgument('text', 'a registry: text, bytes, pieces of them, or a ByteSource', text)
  checkOptions(options, 'readRegistry')
  checkOneOf(options.format ?? 'auto', 'format', ['auto', 'lines', 'json'])
  const parser = new RegistryParser(options)
  const source = isSource(text) ? text.name : undefined
  return naming(options.name ?? source, async () => {
    for await (const piece of pieces(text)) parser.push(piece)
    return registryOf(parser.finish())
  })
}

async function naming<T>(name: string | undefined, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (name === undefined || !(error instanceof StableSigError) || error.code === 'io') throw error
    throw new StableSigError(error.code, `${name}: ${error.message}`, { cause: error })
  }
}

async function* pieces(text: RegistryText): AsyncGenerator<Piece> {
  if (typeof text === 'string' || text instanceof Uint8Array) yield text
  else if (isSource(text)) {
    for (let at = 0; at < text.size; at += PIECE_BYTES) yield await text.read(at, Math.min(PIECE_BYTES, text.size - at))
  } else yield* text
}

/** A stream of Node has a `read` of its own: what can be iterated is iterated. */
function isSource(text: RegistryText): text is ByteSource {
  return typeof text === 'object' && !(Symbol.iterator in text) && !(Symbol.asyncIterator in text)
}

/** Takes pieces of text as they come and decides from the first character what they are. */
class RegistryParser {
  readonly #options: ReadRegistryOptions
  readonly #maxUsers: number
  readonly #maxBytes: number
  readonly #encoder = new TextEncoder()
  readonly #utf8 = new Utf8Pieces()
  #lines: LineParser | undefined
  #json: { text: string; decode: Decode } | undefined
  #bytes = 0
  /** First half of a surrogate pair that a piece ended with. */
  #half = ''
  /** Bytes before the first one that tells the format. */
  #lead: Uint8Array = new Uint8Array(0)

  constructor(options: ReadRegistryOptions) {
    this.#options = options
    this.#maxUsers = Math.min(options.maxUsers ?? MAX_USERS, MAX_USERS)
    this.#maxBytes = options.maxBytes ?? 2 ** 30
  }

  push(piece: Piece): void {
    const bytes = typeof piece === 'string' ? this.#encode(piece) : piece
    this.#bytes += bytes.length
    this.#checkSize(this.#json === undefined ? this.#maxBytes : MAX_JSON_BYTES)
    this.#take(asText(() => this.#utf8.push(bytes)))
  }

  #take(bytes: Uint8Array): void {
    if (this.#json !== undefined) this.#json.text += this.#json.decode(bytes)
    else if (this.#lines !== undefined) this.#lines.push(bytes)
    else this.#start(joined(this.#lead, bytes))
  }

  finish(): RegistryStore {
    if (this.#half !== '') throw refusal('The text ends with half of a character')
    this.#take(asText(() => this.#utf8.finish()))
    if (this.#json === undefined && this.#lines === undefined) this.#begin(this.#lead, 'lines')
    if (this.#json === undefined) return this.#lines!.finish()
    this.#json.text += this.#json.decode()
    return parseJsonRegistry(this.#json.text, this.#options.bits, this.#maxUsers)
  }

  /** Looks for the first character behind white space. */
  #start(bytes: Uint8Array): void {
    this.#lead = bytes
    const first = bytes.find((byte) => byte > 0x20)
    const format = this.#options.format ?? 'auto'
    if (format === 'auto' && first === undefined && bytes.length < PIECE_BYTES) return
    const json = format === 'json' || (format === 'auto' && (first === 0x7b || first === 0x5b))
    this.#begin(bytes, json ? 'json' : 'lines')
  }

  #begin(bytes: Uint8Array, format: 'lines' | 'json'): void {
    if (format === 'json') {
      this.#checkSize(MAX_JSON_BYTES)
      const decode = strictDecoder()
      this.#json = { text: decode(bytes), decode }
    } else {
      this.#lines = new LineParser(this.#options.bits, this.#maxUsers)
      this.#lines.push(bytes)
    }
  }

  #checkSize(most: number): void {
    const limit = Math.min(most, this.#maxBytes)
    if (this.#bytes > limit) throw new StableSigError('limit', `The registry has more than ${limit} bytes`)
  }

  #encode(piece: string): Uint8Array {
    let text = this.#half + piece
    const last = text.charCodeAt(text.length - 1)
    this.#half = last >= 0xd800 && last < 0xdc00 ? text.slice(-1) : ''
    if (this.#half !== '') text = text.slice(0, -1)
    return this.#encoder.encode(text)
  }
}

/** An encoding's fault is the registry's. */
function asText(read: () => Uint8Array): Uint8Array {
  try {
    return read()
  } catch (error) {
    throw error instanceof StableSigError ? refusal(`The text cannot be read: ${error.message}`) : error
  }
}

/** Decodes UTF-8 piece by piece; called with nothing it gives what is left. */
type Decode = (bytes?: Uint8Array) => string

function strictDecoder(): Decode {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return (bytes) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch {
      throw refusal('The JSON text is not UTF-8')
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
