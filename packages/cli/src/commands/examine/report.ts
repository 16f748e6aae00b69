import { StableSigError, type UnitImages } from '@stablesig/core'
import { describe } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import type { Question } from '../../questions/question.ts'
import type { EachImage } from '../each-image.ts'

/** What one part of the report says of an image. */
interface Answered {
  readonly name: string
  /** For JSON: the answer, or an error. */
  readonly fields: object
  /** For people. */
  readonly line: string
  readonly found: boolean | 'failed'
}

/** A question as a part of the report, by the name that it has there. */
export type Part = (image: UnitImages, file: string) => Promise<Answered>

/** What could not be decided is told as such, in its own place, and never looks like "no". */
export const partOf =
  <Answer>(name: string, { ask, fields, line, found }: Question<Answer>): Part =>
  async (image, file) => {
    try {
      const answer = await ask(image, file)
      return { name, fields: fields(answer), line: line(answer), found: found(answer) }
    } catch (error) {
      // What concerns the engine or the arguments concerns every image.
      if (!(error instanceof StableSigError) || error.code === 'aborted') throw error
      const { code, message } = describe(error)
      return {
        ...{ name, fields: { error: { code, message } }, found: 'failed' },
        line: `could not be decided: ${message} (${code})`,
      }
    }
  }

/** All parts about every image: its name, and a line for each part below it. */
export const reporting = (
  parts: readonly Part[],
  { json }: { readonly json?: boolean },
  io: Io,
): EachImage<readonly Answered[]> => ({
  async read(image, file) {
    const value: Answered[] = []
    for (const part of parts) value.push(await part(image, file))
    return [{ ok: true, value }]
  },
  tell(file, answers) {
    const lines = answers.map(({ name, line }) => `  ${name}\t${line}\n`)
    io.out(
      json
        ? jsonLine({ file, ...Object.fromEntries(answers.map(({ name, fields }) => [name, fields])) })
        : `${file}\n${lines.join('')}`,
    )
    return answers.some(({ found }) => found === 'failed') ? 'failed' : answers.some(({ found }) => found === true)
  },
})
