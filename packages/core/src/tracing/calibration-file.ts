import { type JsonValue, parseJson, WeightsError } from '@stablesig/weights'
import { badArgument } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { CalibrationSet, SavedFormat, TracerCalibration } from './calibration.ts'
import { tracingMethod } from './method.ts'

/** First fields of a calibration's file: what it is, and how it is laid out. */
const KIND = 'stablesig tracer calibration'
const VERSION = 1

/** Characters of a file, values in it, classes of a set, and scores of a class, at most. */
const MAX_LENGTH = 32 * 2 ** 20
const MAX_VALUES = 1_000_000
const MAX_CLASSES = 100
/** Scores of a class, at least: fewer have no spread to speak of. */
const MIN_SCORES = 3

/** A calibration as the text of a file, JSON, a line per list of scores. */
export function writeCalibration({ autoencoder, sets }: TracerCalibration): string {
  const list = (scores: readonly number[]) => JSON.stringify(scores)
  const written = sets.map(({ belonging, foreign, ...rest }) => {
    const classes = Object.entries(foreign).map(([name, scores]) => `      ${JSON.stringify(name)}: ${list(scores)}`)
    const head = JSON.stringify(rest).slice(1, -1)
    return `  {\n    ${head},\n    "belonging": ${list(belonging)},\n    "foreign": {\n${classes.join(',\n')}\n    }\n  }`
  })
  const head = JSON.stringify({ kind: KIND, version: VERSION, autoencoder }).slice(0, -1)
  return `${head}, "sets": [\n${written.join(',\n')}\n]}\n`
}

/**
 * Reads a calibration's file. It is held to what `writeCalibration` writes: every field once, no other, numbers finite.
 * @param options.name what errors call it: its file's path
 * @throws StableSigError 'bad-calibration' naming the field, what was expected and found; 'limit'
 */
export function readCalibration(
  text: string,
  { name = 'the calibration' }: { readonly name?: string } = {},
): TracerCalibration {
  if (typeof text !== 'string') throw badArgument('text', 'the text of a calibration', text)
  if (text.length > MAX_LENGTH)
    throw new StableSigError('limit', `${name} has ${text.length} characters, at most ${MAX_LENGTH} are read`)
  const root = new Field(parsed(text, name), name, '').fields(['kind', 'version', 'autoencoder', 'sets'])
  if (root.kind.value !== KIND) throw root.kind.refuse(`'${KIND}'`)
  if (root.version.value !== VERSION)
    throw root.version.refuse(`${VERSION}: a newer version of this library may read it`)
  const bound = root.autoencoder.fields(['hash', 'family', 'downscale'])
  const hash = bound.hash.text()
  if (!/^[0-9a-f]{64}$/.test(hash)) throw bound.hash.refuse('64 hexadecimal digits')
  const sets = root.sets.list().map(readSet)
  if (!sets.length) throw root.sets.refuse('at least one set of scores')
  return { autoencoder: { hash, family: bound.family.text(), downscale: bound.downscale.count() }, sets }
}

function readSet(field: Field): CalibrationSet {
  const set = field.fields(['saved', 'method', 'height', 'width', 'belonging', 'foreign'])
  const method = set.method.text()
  set.method.guard('a method of tracing', () => tracingMethod(method))
  const foreign = [...set.foreign.entries()].map(([name, scores]): [string, number[]] => [name, scores.scores()])
  if (!foreign.length || foreign.length > MAX_CLASSES)
    throw set.foreign.refuse(`1 to ${MAX_CLASSES} classes of foreign images`)
  return {
    ...{ saved: readSaved(set.saved), method, height: set.height.count(), width: set.width.count() },
    ...{ belonging: set.belonging.scores(), foreign: Object.fromEntries(foreign) },
  }
}

function readSaved(field: Field): SavedFormat {
  const entries = field.entries()
  const format = entries.get('format')?.value
  if (format === 'png') {
    field.fields(['format'])
    return { format }
  }
  if (format !== 'jpeg') throw field.refuse("a format 'png' or 'jpeg'")
  const { quality } = field.fields([
    'format',
    'quality',
    ...(entries.has('subsampling') ? ['subsampling' as const] : []),
  ])
  if (quality.count() > 100) throw quality.refuse('a quality of 1 to 100')
  const jpeg = { format, quality: quality.count() } as const
  const subsampling = entries.get('subsampling')
  if (!subsampling) return jpeg
  const { value } = subsampling
  if (value !== '4:2:0' && value !== '4:4:4') throw subsampling.refuse("'4:2:0' or '4:4:4'")
  return { ...jpeg, subsampling: value }
}

function parsed(text: string, name: string): JsonValue {
  try {
    return parseJson(text, {
      source: name,
      what: 'calibration',
      depth: 5,
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
class Field {
  constructor(
    readonly value: JsonValue,
    private readonly name: string,
    private readonly path: string,
  ) {}

  refuse(expected: string): StableSigError {
    const { value } = this
    const found =
      value instanceof Map ? 'an object' : Array.isArray(value) ? `a list of ${value.length}` : String(value)
    const short = found.length > 40 ? `${found.slice(0, 40)}…` : found
    return new StableSigError(
      'bad-calibration',
      `${this.name}: expected ${this.path || 'the file'} to be ${expected}, found ${short}; make it anew by calibrateTracer`,
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
    return new Map([...value].map(([key, child]) => [key, new Field(child, this.name, below(key))]))
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
    return value.map((child: JsonValue, i) => new Field(child, this.name, `${this.path}[${i}]`))
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

  scores(): number[] {
    const scores = this.list().map((field) => {
      if (typeof field.value !== 'number') throw field.refuse('a number')
      return field.value
    })
    if (scores.length < MIN_SCORES) throw this.refuse(`at least ${MIN_SCORES} scores`)
    return scores
  }
}
