import type { CalibrationSet, SavedFormat, TracerCalibration } from './calibration.ts'
import { calibrationFields, type Field } from './calibration-field.ts'
import { tracingMethod } from './method.ts'

/** First fields of a calibration's file: what it is, and how it is laid out. */
const KIND = 'stablesig tracer calibration'
const VERSION = 1

/** Classes of a set, at most. */
const MAX_CLASSES = 100

/** A calibration as the text of a file, JSON, a line per list of scores. */
export function writeCalibration({ autoencoder, sets }: TracerCalibration): string {
  const head = JSON.stringify({ kind: KIND, version: VERSION, autoencoder }).slice(0, -1)
  return `${head}, "sets": ${writeSets(sets)}}\n`
}

/** Sets as JSON, a line per list of scores. */
export function writeSets(sets: readonly CalibrationSet[]): string {
  const written = sets.map(({ belonging, foreign, ...rest }) => {
    const classes = Object.entries(foreign).map(
      ([name, scores]) => `      ${JSON.stringify(name)}: ${JSON.stringify(scores)}`,
    )
    const head = JSON.stringify(rest).slice(1, -1)
    return `  {\n    ${head},\n    "belonging": ${JSON.stringify(belonging)},\n    "foreign": {\n${classes.join(',\n')}\n    }\n  }`
  })
  return `[\n${written.join(',\n')}\n]`
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
  const fields = ['autoencoder', 'sets'] as const
  return readTracer(calibrationFields(text, name, { kind: KIND, version: VERSION, fields, maker: 'calibrateTracer' }))
}

/** What a calibration of one autoencoder has. */
export function readTracer(root: Readonly<Record<'autoencoder' | 'sets', Field>>): TracerCalibration {
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

export function readSaved(field: Field): SavedFormat {
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
