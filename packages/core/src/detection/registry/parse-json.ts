import { StableSigError } from '../../errors.ts'
import { parseKeyText } from '../../signal/key-text.ts'
import { packBits } from './packed-keys.ts'
import { RegistryStore, refusal } from './store.ts'

/**
 * Reads a registry written as JSON: `{ "name": "0101…" }`, or `[{ "user": "name", "key": "0101…" }]`, where `name` may stand
 * for `user` and `bits` for `key`. A reader of its own, because JSON.parse keeps the last of two equal names without a word
 * (a user would vanish), and quotes the text around a mistake in its error (a key would show).
 */
export function parseJsonRegistry(text: string, bits: number | undefined, maxUsers: number): RegistryStore {
  const cursor = new Cursor(text)
  try {
    const store = new Entries(bits, maxUsers)
    if (cursor.peek() === '{') cursor.object((name) => store.add(name, cursor.string()))
    else cursor.array(() => readEntry(cursor, store))
    cursor.end()
    return store.finish()
  } catch (error) {
    if (!(error instanceof StableSigError)) throw error
    const code = error.code === 'bad-key' ? 'bad-registry' : error.code
    throw new StableSigError(code, `Line ${cursor.line()}: ${error.message}`)
  }
}

function readEntry(cursor: Cursor, store: Entries): void {
  let user: string | undefined
  let key: string | undefined
  cursor.object((field) => {
    if ((field === 'user' || field === 'name') && user === undefined) user = cursor.string()
    else if ((field === 'key' || field === 'bits') && key === undefined) key = cursor.string()
    else throw refusal('Expected an entry to have "user" and "key" once each and nothing else')
  })
  if (user === undefined || key === undefined) throw refusal('Expected an entry to have "user" and "key"')
  store.add(user, key)
}

/** Collects entries; the first key's length is that of all where none is asked for. */
class Entries {
  #store: RegistryStore | undefined
  readonly #bits: number | undefined
  readonly #maxUsers: number

  constructor(bits: number | undefined, maxUsers: number) {
    this.#bits = bits
    this.#maxUsers = maxUsers
  }

  add(user: string, text: string): void {
    const key = parseKeyText(text, this.#store?.keys.bits ?? this.#bits)
    this.#store ??= new RegistryStore(key.length)
    if (this.#store.size >= this.#maxUsers)
      throw new StableSigError('limit', `There are more than ${this.#maxUsers} users`)
    const name = new TextEncoder().encode(user)
    this.#store.add(name, 0, name.length, packBits(key))
  }

  finish(): RegistryStore {
    if (this.#store === undefined) throw refusal('Nobody is registered')
    return this.#store
  }
}

/** Objects, arrays and strings of JSON, at a place in a text. */
class Cursor {
  #at = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The line, from 1, of the place that was reached. */
  line(): number {
    let line = 1
    for (let i = 0; i < this.#at; i++) if (this.#text.charCodeAt(i) === 0x0a) line++
    return line
  }

  /** The next character that is not white space, '' at the end. */
  peek(): string {
    while (this.#at < this.#text.length && ' \t\r\n'.includes(this.#text[this.#at]!)) this.#at++
    return this.#text[this.#at] ?? ''
  }

  end(): void {
    if (this.peek() !== '') throw refusal('Expected the end of the JSON text')
  }

  object(field: (name: string) => void): void {
    this.#list('{', '}', () => {
      const name = this.string()
      this.#take(':')
      field(name)
    })
  }

  array(item: () => void): void {
    this.#list('[', ']', item)
  }

  string(): string {
    if (this.peek() !== '"') throw refusal('Expected a string in the JSON text')
    let end = this.#at + 1
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1
    const literal = this.#text.slice(this.#at, end + 1)
    this.#at = Math.min(end + 1, this.#text.length)
    try {
      const value: unknown = JSON.parse(literal)
      if (typeof value === 'string') return value
    } catch {
      // Its message would quote the literal, which may be a key.
    }
    throw refusal('Found a string in the JSON text that is not well-formed')
  }

  #list(open: string, close: string, item: () => void): void {
    this.#take(open)
    if (this.peek() !== close) {
      item()
      while (this.peek() === ',') {
        this.#take(',')
        item()
      }
    }
    this.#take(close)
  }

  #take(character: string): void {
    if (this.peek() !== character) throw refusal(`Expected ${character} in the JSON text`)
    this.#at++
  }
}
