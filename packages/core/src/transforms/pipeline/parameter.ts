import { StableSigError } from '../../errors.ts'

/** A parameter of a transform as it is spelled: what help texts say of it, and how its text becomes a value. */
export interface Parameter<T extends ParameterValue = ParameterValue> {
  /** What it is, for help: 'share of the area that is kept'. */
  readonly description: string
  /** What it may be, for help and errors: 'above 0 and up to 1'. */
  readonly range: string
  readonly default: T
  /** The value of a text. Null where it has none in range. */
  parse(text: string): T | null
  /** The same value where it is of the kind and in range, else null. */
  check(value: unknown): T | null
}

export type ParameterValue = number | string

interface Bounds {
  /** Default 'from': whether the lower bound itself is allowed. */
  readonly lower?: 'from' | 'above'
  readonly min: number
  readonly max: number
}

/** A number between bounds. An infinite upper bound is left out of the range's text. */
export function numberParameter(description: string, initial: number, bounds: Bounds): Parameter<number> {
  const { lower = 'from', min, max } = bounds
  const upper = max === Number.POSITIVE_INFINITY ? '' : lower === 'above' ? ` and up to ${max}` : ` to ${max}`
  return numeric(
    description,
    `a number ${lower} ${min}${upper}`,
    initial,
    (value) => Number.isFinite(value) && (lower === 'above' ? value > min : value >= min) && value <= max,
  )
}

/** A whole number between bounds, both allowed; with `odd`, an odd one. */
export function wholeParameter(
  description: string,
  initial: number,
  { min, max, odd = false }: { readonly min: number; readonly max: number; readonly odd?: boolean },
): Parameter<number> {
  return numeric(
    description,
    `${odd ? 'an odd' : 'a whole'} number from ${min} to ${max}`,
    initial,
    (value) => Number.isInteger(value) && value >= min && value <= max && (!odd || value % 2 === 1),
  )
}

function numeric(
  description: string,
  range: string,
  initial: number,
  good: (value: number) => boolean,
): Parameter<number> {
  const check = (value: unknown) => (typeof value === 'number' && good(value) ? value : null)
  // Number('') is 0, and Number also takes hexadecimal, which nobody means here.
  const parse = (text: string) => (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? check(Number(text)) : null)
  return { description, range, default: initial, parse, check }
}

/** One of several words, the first by default. */
export function choiceParameter<const C extends readonly [string, ...string[]]>(
  description: string,
  choices: C,
): Parameter<C[number]> {
  const check = (value: unknown): C[number] | null => choices.find((choice) => choice === value) ?? null
  return { description, range: choices.join(' or '), default: choices[0], parse: check, check }
}

/** Text for which `good` holds. */
export function textParameter(
  description: string,
  initial: string,
  range: string,
  good: (value: string) => boolean,
): Parameter<string> {
  const check = (value: unknown) => (typeof value === 'string' && good(value) ? value : null)
  return { description, range, default: initial, parse: check, check }
}

/** Parameters by name, in the order in which they may be given without one. */
export type Parameters = Readonly<Record<string, Parameter>>

/** The values of parameters. */
export type ValuesOf<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never
}

/**
 * Values for all parameters: those that are given, checked, and defaults for the rest.
 * @throws StableSigError 'bad-argument' for a name that is none of them, or a value out of range
 */
export function completeValues<P extends Parameters>(
  transform: string,
  parameters: P,
  given: Readonly<Record<string, unknown>>,
): ValuesOf<P> {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(parameters, name)) throw unknownParameter(transform, name, parameters)
  const values = Object.entries(parameters).map(([name, parameter]) => {
    const value = given[name]
    if (value === undefined) return [name, parameter.default]
    const checked = parameter.check(value)
    if (checked === null) throw badValue(transform, name, parameter, value)
    return [name, checked]
  })
  // Every parameter has a value of its own kind here, which fromEntries cannot say.
  return Object.fromEntries(values) as ValuesOf<P>
}

/** The error for a parameter that a transform does not have. */
export const unknownParameter = (transform: string, name: string, parameters: Parameters): StableSigError =>
  new StableSigError('bad-argument', `${transform} has no parameter '${name}': ${describeParameters(parameters)}`)

/** The error for a value out of a parameter's range. */
export const badValue = (transform: string, name: string, { range }: Parameter, value: unknown): StableSigError =>
  new StableSigError(
    'bad-argument',
    `${name} of ${transform} is ${typeof value === 'string' ? `'${value}'` : String(value)}, expected ${range}`,
  )

/** What parameters there are, for errors: 'its parameters are quality (a whole number from 1 to 100), …'. */
export function describeParameters(parameters: Parameters): string {
  const each = Object.entries(parameters).map(([name, { range }]) => `${name} (${range})`)
  return each.length ? `its parameters are ${each.join(', ')}` : 'it has no parameters'
}
