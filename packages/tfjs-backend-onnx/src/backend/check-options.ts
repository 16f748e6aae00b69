import { EngineError } from '../errors.ts'
import { passNames } from '../passes/index.ts'
import { MIN_OPTIONS, type OnnxBackendOptions } from './options.ts'

const NAMES: readonly string[] = ['name', 'passes', 'onFlush', ...Object.keys(MIN_OPTIONS)]

/**
 * What a program without types may have got wrong; what it misspells would otherwise have no effect.
 * @param more names of options that the caller looks at itself
 * @throws EngineError 'bad-argument' naming the option, what was found and what is expected
 */
export function checkOptions(options: OnnxBackendOptions, more: readonly string[] = []): void {
  const known = [...NAMES, ...more]
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw refusal(unknown, 'is no option', `there are ${known.join(', ')}`)
  for (const [name, min] of Object.entries(MIN_OPTIONS)) checkNumber(options, name, min)
  const { name, passes, onFlush } = options
  if (name !== undefined && (typeof name !== 'string' || name === '')) throw refusal('name', 'is no name', 'give text')
  if (onFlush !== undefined && typeof onFlush !== 'function')
    throw refusal('onFlush', `is ${typeof onFlush}`, 'give a function')
  if (passes === undefined) return
  if (!Array.isArray(passes)) throw refusal('passes', 'is no list', `give names, such as ['${passNames[0]}'], or []`)
  const other = passes.find((pass) => !passNames.includes(pass))
  if (other !== undefined) throw refusal('passes', `names ${String(other)}`, `there are ${passNames.join(', ')}`)
}

/** A whole number of at least `min`, where it is given. */
export function checkNumber(options: object, name: string, min: number): void {
  const value: unknown = Reflect.get(options, name)
  if (
    value === undefined ||
    (typeof value === 'number' && value >= min && (Number.isSafeInteger(value) || value === Infinity))
  )
    return
  throw refusal(name, `is ${String(value)}`, `give a whole number of at least ${min}`)
}

export const refusal = (option: string, found: string, remedy: string): EngineError =>
  new EngineError('bad-argument', `the backend's option ${option} ${found}: ${remedy}`)
