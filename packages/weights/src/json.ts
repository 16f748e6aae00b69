import type { ByteSource } from './byte-source.ts'
import type { WeightLimits } from './limits.ts'
import { badWeights, overLimit, quoted, readRange } from './refuse.ts'
import { decodeText } from './text.ts'

/** A JSON value; objects are maps, so that no key can reach a prototype. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | ReadonlyMap<string, JsonValue>

export interface JsonRules {
  /** What errors call the file. */
  readonly source: string
  /** What errors call the text: 'the header'. */
  readonly what: string
  /** Objects and arrays within each other, at most. A header is two objects deep and one array. */
  readonly depth: number
  /** Whether fractions are allowed; whole numbers must be ones that a double holds, either way. */
  readonly fractions: boolean
  readonly limits: Pick<WeightLimits, 'values'>
}

/**
 * Parses JSON from a file. Stricter than JSON.parse, which keeps the last of two equal keys silently and rounds integers: a key
 * may stand once in an object, and a whole number must be one that a double holds.
 * @throws WeightsError 'limit'; 'bad-weights' saying where in the text the fault is
 */
export function parseJson(text: string, { source, what, depth: deepest, fractions, limits }: JsonRules): JsonValue {
  let at = 0
  let met = 0
  const fail = (fault: string) => badWeights(source, `${what}'s JSON is broken at character ${at}: ${fault}`)
  const skip = () => {
    while (' \t\n\r'.includes(text.charAt(at)) && at < text.length) at++
  }
  const token = /[[\]{},:]|-?\d[\w.+-]*|true|false|null/y
  const next = (expected: string): string => {
    skip()
    const start = at
    if (text[at] === '"') {
      // A quote behind an odd number of backslashes is part of the string.
      for (let quote = text.indexOf('"', at + 1); quote > 0; quote = text.indexOf('"', quote + 1)) {
        let slashes = quote
        while (text[slashes - 1] === '\\') slashes--
        if ((quote - slashes) % 2 === 1) continue
        at = quote + 1
        return text.slice(start, at)
      }
      throw fail('a string without an end')
    }
    token.lastIndex = at
    const found = token.exec(text)?.[0]
    if (found === undefined) throw fail(`expected ${expected}`)
    at += found.length
    return found
  }
  const string = (literal: string): string => {
    try {
      const value: unknown = JSON.parse(literal)
      if (typeof value === 'string' && !/\p{Surrogate}/u.test(value)) return value
    } catch {}
    throw fail(`${quoted(literal)} is not a string of Unicode characters`)
  }
  const number = (literal: string): number => {
    const whole = /^-?(0|[1-9]\d*)$/.test(literal)
    const value = whole || (fractions && NUMBER.test(literal)) ? Number(literal) : Number.NaN
    if (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) return value
    throw fail(`expected a ${fractions ? 'number' : 'whole number'} below 2^53, found ${quoted(literal)}`)
  }
  const value = (first: string, depth: number): JsonValue => {
    if (++met > limits.values) throw overLimit(source, `${what} holds more than ${limits.values} values`)
    if (depth > deepest) throw badWeights(source, `${what}'s JSON is more than ${deepest} levels deep`)
    if (first === '{') return object(depth)
    if (first === '[') return array(depth)
    if (first.startsWith('"')) return string(first)
    if (first === 'null') return null
    if (first === 'true' || first === 'false') return first === 'true'
    if (/^[-\d]/.test(first)) return number(first)
    throw fail(`expected a value, found ${first}`)
  }
  const array = (depth: number): JsonValue[] => {
    const items: JsonValue[] = []
    let item = next('a value or ]')
    if (item === ']') return items
    for (;;) {
      items.push(value(item, depth + 1))
      const separator = next(', or ]')
      if (separator === ']') return items
      if (separator !== ',') throw fail(`expected , or ], found ${separator}`)
      item = next('a value')
    }
  }
  const object = (depth: number): Map<string, JsonValue> => {
    const entries = new Map<string, JsonValue>()
    let key = next('a key or }')
    if (key === '}') return entries
    for (;;) {
      if (!key.startsWith('"')) throw fail(`expected a key, found ${key}`)
      const name = string(key)
      if (entries.has(name)) throw fail(`${quoted(name)} stands twice`)
      if (next(':') !== ':') throw fail(`expected : behind ${quoted(name)}`)
      entries.set(name, value(next('a value'), depth + 1))
      const separator = next(', or }')
      if (separator === '}') return entries
      if (separator !== ',') throw fail(`expected , or }, found ${separator}`)
      key = next('a key')
    }
  }
  const whole = value(next('{'), 0)
  skip()
  if (at !== text.length) throw fail('something stands behind the end')
  return whole
}

/** A JSON number with a fraction or an exponent; those of 400 digits are beyond doubles and fail as infinite. */
const NUMBER = /^-?(0|[1-9]\d{0,400})(\.\d{1,400})?([eE][+-]?\d{1,4})?$/

/**
 * A whole file as text: UTF-8, or UTF-16 with a byte order mark.
 * @param limit bytes it may have
 * @throws WeightsError 'limit' for a longer file; 'bad-weights' when it is neither; 'io'
 */
export async function readText(source: ByteSource, what: string, limit: number): Promise<string> {
  if (source.size > limit) throw overLimit(source.name, `${what} has ${source.size} bytes, the limit is ${limit}`)
  const bytes = await readRange(source, 0, source.size, what)
  try {
    return decodeText(bytes)
  } catch (cause) {
    throw badWeights(source.name, `${what} is not text in UTF-8, or in UTF-16 with a byte order mark`, cause)
  }
}
