import { StableSigError } from './errors.ts'

/*
 * Checks of what public functions are given, for callers without types: each says what was expected and what was found. They are
 * made where an argument comes in, before any work, and never on each value of an array.
 */

/** What a value is, for a message. No text is shown, for it may be a key. */
export function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'text'
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  if (isPromise(value)) return 'a Promise: await it'
  if (Array.isArray(value)) return `an array of ${value.length}`
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  return typeof name === 'string' && name !== 'Object' && name !== '' ? `an object of class ${name}` : 'an object'
}

/** The error for an argument that is of another kind. */
export const badArgument = (name: string, expected: string, value: unknown): StableSigError =>
  new StableSigError('bad-argument', `${name}: expected ${expected}, found ${kindOf(value)}`)

/**
 * An object with certain fields, whatever they hold.
 * @throws StableSigError 'bad-argument' for anything else; a Promise is told as one
 */
export function checkObject(value: unknown, name: string, expected: string, fields: readonly string[] = []): void {
  if (typeof value !== 'object' || value === null || isPromise(value)) throw badArgument(name, expected, value)
  const lacking = fields.find((field) => (value as Readonly<Record<string, unknown>>)[field] === undefined)
  if (lacking !== undefined) throw badArgument(name, `${expected} with ${fields.join(', ')}`, value)
}

/** The options of a function, which must be there. @throws StableSigError 'bad-argument' */
export const checkOptions = (value: unknown, of: string): void => checkObject(value, `options of ${of}`, 'an object')

/** A number for which `good` holds. @throws StableSigError 'bad-argument', also for the text of a number */
export function checkNumber(value: unknown, name: string, expected: string, good: (value: number) => boolean): void {
  if (typeof value === 'number' && good(value)) return
  throw new StableSigError('bad-argument', `${name} is ${shown(value)}, expected ${expected}`)
}

/** One of several words. @throws StableSigError 'bad-argument' naming them all */
export function checkOneOf(value: unknown, name: string, choices: readonly string[]): void {
  if (typeof value === 'string' && choices.includes(value)) return
  throw new StableSigError('bad-argument', `${name} is ${shown(value)}, expected ${choices.join(' or ')}`)
}

/** A function, where there is one. @throws StableSigError 'bad-argument' */
export function checkCallback(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== 'function') throw badArgument(name, 'a function', value)
}

/** An AbortSignal, where there is one: not the controller that it belongs to. @throws StableSigError 'bad-argument' */
export function checkSignal(value: unknown): void {
  if (value === undefined) return
  if (typeof value === 'object' && value !== null && typeof (value as Partial<AbortSignal>).aborted === 'boolean')
    return
  throw badArgument('signal', 'an AbortSignal', value)
}

/** A tfjs tensor that is still there, of any shape. @throws StableSigError 'bad-argument', 'disposed' */
export function checkTensor(value: unknown, name: string, expected: string): void {
  if (typeof value !== 'object' || value === null || !('dataId' in value) || !('shape' in value))
    throw badArgument(name, expected, value)
  if ('isDisposed' in value && value.isDisposed === true)
    throw new StableSigError('disposed', `${name}: the tensor has been disposed; dispose it after its last use`)
}

/** How long a word may be that an error repeats: names and numbers, but no key. */
const MAX_SHOWN = 12

function shown(value: unknown): string {
  if (typeof value !== 'string') return kindOf(value)
  return value.length <= MAX_SHOWN ? `the text '${value}'` : 'text'
}

/** Whether it is something to be awaited. */
export const isPromise = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
