import type { UnitImages } from '@stablesig/core'
import type { EachImage } from '../commands/each-image.ts'
import { type Io, jsonLine } from '../io.ts'

/** Something that is asked of every image: commands ask one, `examine` several. */
export interface Question<Answer> {
  /** Asks it of one image [1,H,W,3], which came from `file`. @throws what keeps it from being decided */
  ask(image: UnitImages, file: string): Promise<Answer>
  /** The answer as fields of a JSON object. */
  fields(answer: Answer): object
  /** The answer for people, in columns parted by tabs. */
  line(answer: Answer): string
  /** Whether what is asked about was found in the image. */
  found(answer: Answer): boolean
}

/** A question as what a command does with every image: a line for each. */
export const asking = <Answer>(
  { ask, fields, line, found }: Question<Answer>,
  { json }: { readonly json?: boolean },
  io: Io,
): EachImage<Answer> => ({
  read: async (image, file) => [{ ok: true, value: await ask(image, file) }],
  tell(file, answer) {
    io.out(json ? jsonLine({ file, ...fields(answer) }) : `${file}\t${line(answer)}\n`)
    return found(answer)
  },
})
