import type { WeightLimits } from '../limits.ts'
import { badWeights, overLimit, quoted } from '../refuse.ts'

/** A JSON value; objects are maps, so that no key can reach a prototype. */
export type HeaderValue = null | boolean | number | string | readonly HeaderValue[] | ReadonlyMap<string, HeaderValue>

/** A header is two objects deep and one array: anything beyond this is not one. */
const DEPTH = 8

/**
 * Parses a safetensors header. Stricter than JSON.parse, which keeps the last of two equal keys silently and rounds integers:
 * a key may stand once in an object, and every number must be a whole one that a double holds.
 * @param source what errors call the file
 * @throws StableSigError 'limit'; 'bad-weights' saying where in the header the fault is
 */
export function parseHeader(text: string, source: string, limits: WeightLimits): HeaderValue {
  let at = 0
  let met = 0
  const fail = (what: string) => badWeights(source, `the header's JSON is broken at character ${at}: ${what}`)
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
    const value = /^-?(0|[1-9]\d*)$/.test(literal) ? Number(literal) : Number.NaN
    if (Number.isSafeInteger(value)) return value
    throw fail(`expected a whole number below 2^53, found ${quoted(literal)}`)
  }
  const value = (first: string, depth: number): HeaderValue => {
    if (++met > limits.values) throw overLimit(source, `the header holds more than ${limits.values} values`)
    if (depth > DEPTH)
      throw badWeights(source, `the header's JSON is more than ${DEPTH} levels deep; a header has three`)
    if (first === '{') return object(depth)
    if (first === '[') return array(depth)
    if (first.startsWith('"')) return string(first)
    if (first === 'null') return null
    if (first === 'true' || first === 'false') return first === 'true'
    if (/^[-\d]/.test(first)) return number(first)
    throw fail(`expected a value, found ${first}`)
  }
  const array = (depth: number): HeaderValue[] => {
    const items: HeaderValue[] = []
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
  const object = (depth: number): Map<string, HeaderValue> => {
    const entries = new Map<string, HeaderValue>()
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
