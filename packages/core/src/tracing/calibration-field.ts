import { type JsonValue, parseJson, WeightsError } from '@stablesig/weights'
import { badArgument } from '../arguments.ts'
import { StableSigError } from '../errors.ts'

/** Characters of a file and values in it, at most. */
const MAX_LENGTH = 32 * 2 ** 20
const MAX_VALUES = 1_000_000
/** Objects and lists within each other, at most. */
const MAX_DEPTH = 7
/** Scores of a class, at least: fewer have no spread to speak of. */
export const MIN_SCORES = 3

/** A calibration's file, for messages. */
interface Source {
  /** What they call it: its path. */
  readonly name: string
  /** The function that makes such a file's contents. */
  readonly maker: string
}

/** What a calibration's file must be. */
interface Kind<Name extends string> {
  /** Its first fields. */
  readonly kind: string
  readonly version: number
  /** Those behind them. */
  readonly fields: readonly Name[]
  readonly maker: string
}

/**
 * The fields of a calibration's file, once it is known to be one of its kind.
 * @throws StableSigError 'bad-calibration', 'limit', 'bad-argument'
 */
export function calibrationFields<const Name extends string>(
  text: string,
  name: string,
  { kind, version, fields, maker }: Kind<Name>,
): Readonly<Record<Name, Field>> {
  if (typeof text !== 'string') throw badArgument('text', 'the text of a calibration', text)
  if (text.length > MAX_LENGTH)
    throw new StableSigError('limit', `${name} has ${text.length} characters, at most ${MAX_LENGTH} are read`)
  const root = new Field(parsed(text, name), { name, maker }, '')
  const found = root.entries().get('kind')
  // Another kind has other fields: that is said first.
  if (found && found.value !== kind) throw found.refuse(`'${kind}'`)
  const all = root.fields(['kind', 'version', ...fields] as const)
  if (all.version.value !== version) throw all.version.refuse(`${version}: a newer version of this library may read it`)
  return all
}

function parsed(text: string, name: string): JsonValue {
  try {
    return parseJson(text, {
      source: name,
      what: 'calibration',
      depth: MAX_DEPTH,
      fractions: true,
      limits: { values: MAX_VALUES },
    })
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error
    const code = error.code === 'limit' ? 'limit' : 'bad-calibration'
    throw new StableSigError(code, error.message, { cause: error })
  }
}

/** A value of the file, with the way to it for messages. */
export class Field {
  constructor(
    readonly value: JsonValue,
    private readonly source: Source,
    private readonly path: string,
  ) {}

  refuse(expected: string): StableSigError {
    const { value } = this
    const found =
      value instanceof Map ? 'an object' : Array.isArray(value) ? `a list of ${value.length}` : String(value)
    const short = found.length > 40 ? `${found.slice(0, 40)}…` : found
    return new StableSigError(
      'bad-calibration',
      `${this.source.name}: expected ${this.path || 'the file'} to be ${expected}, found ${short}; make it anew by ${this.source.maker}, or the command calibrate-tracer`,
    )
  }

  guard(expected: string, check: () => unknown): void {
    try {
      check()
    } catch {
      throw this.refuse(expected)
    }
  }

  entries(): ReadonlyMap<string, Field> {
    const { value } = this
    if (!(value instanceof Map)) throw this.refuse('an object')
    const below = (key: string) => (this.path ? `${this.path}.${key}` : key)
    return new Map([...value].map(([key, child]) => [key, new Field(child, this.source, below(key))]))
  }

  /** These fields and no other. */
  fields<const Name extends string>(names: readonly Name[]): Readonly<Record<Name, Field>> {
    const entries = this.entries()
    const all = names.map((name): [Name, Field] => {
      const field = entries.get(name)
      if (!field) throw this.refuse(`an object with ${names.join(', ')}`)
      return [name, field]
    })
    if (entries.size > names.length) throw this.refuse(`an object with ${names.join(', ')} and nothing else`)
    return Object.fromEntries(all) as Record<Name, Field>
  }

  list(): readonly Field[] {
    const { value } = this
    if (!Array.isArray(value)) throw this.refuse('a list')
    return value.map((child: JsonValue, i) => new Field(child, this.source, `${this.path}[${i}]`))
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.refuse('text')
    return this.value
  }

  count(): number {
    const { value } = this
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) throw this.refuse('a whole number from 1')
    return value
  }

  numbers(): number[] {
    return this.list().map((field) => {
      if (typeof field.value !== 'number') throw field.refuse('a number')
      return field.value
    })
  }

  scores(): number[] {
    const scores = this.numbers()
    if (scores.length < MIN_SCORES) throw this.refuse(`at least ${MIN_SCORES} scores`)
    return scores
  }
}
