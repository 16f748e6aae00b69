import { join } from 'node:path'
import { writeFileAtomic } from '@stablesig/backend-node'
import type { EvaluationRow, EvaluationSummary } from '@stablesig/core/evaluation'
import about from '../../../package.json' with { type: 'json' }
import type { EvaluationSettings } from './settings.ts'

/** All of an evaluation, as evaluation.json has it: the same for the same arguments, whenever and in how many goes it was made. */
export interface Evaluation {
  readonly kind: 'stablesig-evaluation'
  readonly version: 1
  readonly library: { readonly name: string; readonly version: string }
  readonly node: string
  readonly engine: string
  readonly fpr: number
  readonly settings: EvaluationSettings
  readonly summary: EvaluationSummary
  readonly rows: readonly EvaluationRow[]
}

export const evaluationOf = (
  parts: Pick<Evaluation, 'engine' | 'fpr' | 'settings' | 'summary' | 'rows'>,
): Evaluation => ({
  kind: 'stablesig-evaluation',
  version: 1,
  library: { name: about.name, version: about.version },
  node: process.version,
  ...parts,
})

/** Writes evaluation.json, bits.csv and images.csv. @throws StableSigError 'io' */
export async function writeResults(out: string, evaluation: Evaluation): Promise<void> {
  const write = (name: string, text: string) => writeFileAtomic(join(out, name), Buffer.from(text))
  await write('evaluation.json', `${JSON.stringify(evaluation, null, 1)}\n`)
  await write('bits.csv', csv(bitRows(evaluation)))
  await write('images.csv', csv(imageRows(evaluation)))
}

type Field = string | number

function bitRows({ rows, settings: { attacks, keys, bits } }: Evaluation): Field[][] {
  const made: Field[][] = [
    ['key', 'key_id', 'attack', 'images', 'matches', 'total', 'bit_accuracy', 'words', 'unmarked_matches'],
  ]
  for (const [key, id] of keys.entries()) {
    const ofKey = rows.filter((row) => row.key === key)
    for (const [place, attack] of attacks.entries()) {
      const sum = (of: (row: EvaluationRow) => number) => ofKey.reduce((all, row) => all + of(row), 0)
      const [matches, total] = [sum((row) => row.marked[place] ?? 0), bits * ofKey.length]
      const words = sum((row) => Number(row.marked[place] === bits))
      const unmarked = sum((row) => row.unmarked[place] ?? 0)
      made.push([key + 1, id, attack, ofKey.length, matches, total, matches / total, words, unmarked])
    }
  }
  return made
}

function imageRows({ rows, settings: { attacks, images } }: Evaluation): Field[][] {
  const header = [
    'key',
    'image',
    'name',
    'psnr',
    'ssim',
    'masked_psnr',
    ...attacks.map((attack) => `matches ${attack}`),
  ]
  return [
    header,
    ...rows.map(({ key, image, psnr, ssim, maskedPsnr, marked }) => [
      ...[key + 1, image + 1, images[image]?.name ?? '', psnr, ssim, maskedPsnr],
      ...marked,
    ]),
  ]
}

const csv = (rows: readonly (readonly Field[])[]): string =>
  rows.map((row) => `${row.map(field).join(',')}\r\n`).join('')

/** A field as RFC 4180 has it. Text that a spreadsheet would take for a formula is kept from it by an apostrophe. */
function field(value: Field): string {
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
