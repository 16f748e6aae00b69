import type { AttributionSet } from './calibrate-attribution.ts'
import { calibrationFields, type Field, MIN_SCORES } from './calibration-field.ts'
import { readSaved, readTracer, writeSets } from './calibration-file.ts'
import type { CandidatesCalibration } from './candidates-calibration.ts'

/** First fields of the file: what it is, and how it is laid out. */
const KIND = 'stablesig attribution calibration'
const VERSION = 1

/** Decoders that one file is about, at most. */
const MAX_CANDIDATES = 1000

/** A calibration of several decoders as the text of a file, JSON, a line per list of scores and per image. */
export function writeCandidatesCalibration({ tracers, siblings }: CandidatesCalibration): string {
  const candidates = tracers.map(({ autoencoder, sets }, i) => {
    const head = JSON.stringify({ name: siblings.candidates[i]?.name ?? '', autoencoder }).slice(0, -1)
    return `${head}, "sets": ${writeSets(sets)}}`
  })
  const sets = siblings.sets.map(({ residuals, ...rest }) => {
    const makers = residuals.map(
      (images) => `  [\n${images.map((row) => `   ${JSON.stringify(row)}`).join(',\n')}\n  ]`,
    )
    return `${JSON.stringify(rest).slice(0, -1)}, "residuals": [\n${makers.join(',\n')}\n ]}`
  })
  const head = JSON.stringify({ kind: KIND, version: VERSION }).slice(0, -1)
  return `${head}, "candidates": [\n${candidates.join(',\n')}\n], "siblings": [\n${sets.join(',\n')}\n]}\n`
}

/**
 * Reads such a file, held to what `writeCandidatesCalibration` writes: every field once, no other, numbers finite, and residuals of every
 * candidate under every one.
 * @param options.name what errors call it: its file's path
 * @throws StableSigError 'bad-calibration' naming the field, what was expected and found; 'limit'
 */
export function readCandidatesCalibration(
  text: string,
  { name = 'the calibration' }: { readonly name?: string } = {},
): CandidatesCalibration {
  const root = calibrationFields(text, name, {
    ...{ kind: KIND, version: VERSION, maker: 'calibrateCandidates' },
    fields: ['candidates', 'siblings'],
  })
  const found = root.candidates.list()
  if (found.length < 2 || found.length > MAX_CANDIDATES)
    throw root.candidates.refuse(`2 to ${MAX_CANDIDATES} candidates`)
  const known = new Set<string>()
  const candidates = found.map((field) => {
    const { name, ...tracer } = field.fields(['name', 'autoencoder', 'sets'])
    if (known.has(name.text())) throw name.refuse('a name that no other candidate has')
    known.add(name.text())
    return { name: name.text(), tracer: readTracer(tracer) }
  })
  const sets = root.siblings.list().map((field) => readSiblings(field, candidates.length))
  if (!sets.length) throw root.siblings.refuse('at least one set of residuals')
  return {
    tracers: candidates.map(({ tracer }) => tracer),
    siblings: { candidates: candidates.map(({ name, tracer }) => ({ name, hash: tracer.autoencoder.hash })), sets },
  }
}

function readSiblings(field: Field, count: number): AttributionSet {
  const set = field.fields(['saved', 'height', 'width', 'residuals'])
  const makers = set.residuals.list()
  if (makers.length !== count) throw set.residuals.refuse(`a list for each of ${count} candidates`)
  const residuals = makers.map((maker) => {
    const images = maker.list()
    if (images.length < MIN_SCORES) throw maker.refuse(`residuals of at least ${MIN_SCORES} images`)
    return images.map((image) => {
      const row = image.numbers()
      if (row.length !== count) throw image.refuse(`a residual under each of ${count} candidates`)
      return row
    })
  })
  return { saved: readSaved(set.saved), height: set.height.count(), width: set.width.count(), residuals }
}
