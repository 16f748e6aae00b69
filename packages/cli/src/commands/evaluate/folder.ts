import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  cannotRead,
  explainSystemError,
  isSystemError,
  makeOutputFolder,
  writeFileAtomic,
} from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import {
  type EvaluationRow,
  type EvaluationSize,
  evaluationRowText,
  readEvaluationRow,
} from '@stablesig/core/evaluation'
import type { EvaluationSettings } from './settings.ts'

/** What is done so far, in a folder: settings.json, a line for each row in rows.jsonl, and decoders/. */
export interface EvaluationFolder {
  readonly done: readonly EvaluationRow[]
  /** Path of the decoder that is signed here with a key. */
  decoder(key: number): string
  /** @throws StableSigError 'io' where somebody else has written there since */
  append(rows: readonly EvaluationRow[]): Promise<void>
}

/**
 * Opens the folder of an evaluation, a new one or one to go on with. A last line that was not written whole is dropped.
 * @throws StableSigError 'bad-checkpoint' where the folder was made with other options, or holds rows that cannot be
 */
export async function openFolder(
  out: string,
  settings: EvaluationSettings,
  size: EvaluationSize,
): Promise<EvaluationFolder> {
  await makeOutputFolder(join(out, 'decoders'))
  const settingsPath = join(out, 'settings.json')
  const text = `${JSON.stringify({ kind: 'stablesig-evaluation-settings', version: 1, ...settings }, null, 2)}\n`
  const before = await textAt(settingsPath)
  const rowsPath = join(out, 'rows.jsonl')
  const measured = (await textAt(rowsPath)) ?? ''
  // Of an evaluation that was refused before anything was signed or measured nothing is lost.
  const begun = measured !== '' || (await readdir(join(out, 'decoders'))).length > 0
  if (before !== null && before !== text && begun) throw otherOptions(out, before, text)
  if (before !== text) await writeFileAtomic(settingsPath, Buffer.from(text))
  const { rows, whole } = readRows(rowsPath, measured, size)
  const kept = whole ? measured : linesOf(rows)
  if (!whole) await writeFileAtomic(rowsPath, Buffer.from(kept))
  return {
    done: rows,
    decoder: (key) => join(out, 'decoders', `${String(key + 1).padStart(String(size.keys).length, '0')}.safetensors`),
    append: appending(rowsPath, kept),
  }
}

/** Appends to a file that nobody else appends to: two evaluations in one folder would both measure what is left. */
function appending(path: string, before: string): EvaluationFolder['append'] {
  let bytes = Buffer.byteLength(before)
  return async (made) => {
    const lines = Buffer.from(linesOf(made))
    try {
      const file = await open(path, 'a')
      try {
        const { size } = await file.stat()
        if (size !== bytes)
          throw new StableSigError(
            'io',
            `${path} has ${size} bytes, expected the ${bytes} that were there: another evaluation writes to the same folder. ` +
              'Wait for it, or name another --out',
          )
        await file.appendFile(lines)
        bytes += lines.length
      } finally {
        await file.close()
      }
    } catch (cause) {
      throw isSystemError(cause) ? explainSystemError(cause) : cause
    }
  }
}

const linesOf = (rows: readonly EvaluationRow[]): string => rows.map((row) => `${evaluationRowText(row)}\n`).join('')

const textAt = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) =>
    cause.code === 'ENOENT' ? null : cannotRead(path)(cause),
  )

function readRows(path: string, text: string, size: EvaluationSize): { rows: EvaluationRow[]; whole: boolean } {
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  const rows = lines.map((line, i) => {
    try {
      return readEvaluationRow(JSON.parse(line), size)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new StableSigError('bad-checkpoint', `${path}, line ${i + 1}: ${why}; delete the file to measure anew`, {
        cause,
      })
    }
  })
  return { rows, whole: last === '' }
}

/** Names the first setting that differs. */
function otherOptions(out: string, before: string, now: string): StableSigError {
  const remedy = 'repeat those options, or name another --out'
  try {
    const [then, wanted]: [unknown, unknown] = [JSON.parse(before), JSON.parse(now)]
    if (isRecord(then) && isRecord(wanted)) {
      const name = Object.keys(wanted).find((key) => JSON.stringify(then[key]) !== JSON.stringify(wanted[key]))
      if (name !== undefined)
        return new StableSigError(
          'bad-checkpoint',
          `${out} holds an evaluation with other options: ${difference(name, then[name], wanted[name])}; ${remedy}`,
        )
    }
  } catch {
    // What cannot be read is not told apart from what is of others.
  }
  return new StableSigError('bad-checkpoint', `${join(out, 'settings.json')} is not of such an evaluation; ${remedy}`)
}

function difference(name: string, then: unknown, now: unknown): string {
  if (isRecord(then) && isRecord(now) && !Array.isArray(then)) {
    const inner = [...new Set([...Object.keys(then), ...Object.keys(now)])]
    const key = inner.find((each) => JSON.stringify(then[each]) !== JSON.stringify(now[each]))
    if (key !== undefined) return `${name}.${key} was ${shown(then[key])} and is ${shown(now[key])}`
  }
  return `${name} was ${shown(then)} and is ${shown(now)}`
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'not given'
  return text.length > 90 ? `${text.slice(0, 89)}…` : text
}
