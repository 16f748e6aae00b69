import {
  type FoundFile,
  findFiles,
  mapAhead,
  openStream,
  type Pixels,
  type ReadImageOptions,
  readImage,
  readLines,
} from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import { abortedError } from '@stablesig/core/errors'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'
import type { InputOptions } from './options/shared.ts'

/** One file that was asked for: its image, or why there is none. */
export type Input =
  | { readonly file: string; readonly image: Pixels }
  | { readonly file: string; readonly error: unknown }

/** How many images are decoded while one is worked on: enough to keep the engine busy, few enough for large photographs. */
const AHEAD = 3

/**
 * The files that a command line means: IMAGE… with folders and patterns expanded, then those of --files, taken as they are.
 * What can be wrong with the arguments is found here, before any image is read.
 * @throws UsageError when there is none; StableSigError 'io' for an empty folder or pattern, or a list that cannot be read.
 *   Iterating throws UsageError when the list names none
 */
export async function inputPaths(
  options: InputOptions & { readonly images: readonly string[] },
  io: Io,
): Promise<AsyncIterable<FoundFile>> {
  const { images, files } = options
  if (images.length === 0 && files === undefined)
    throw new UsageError('give images, folders or patterns, or --files - to read paths from standard input')
  if (options.null && files === undefined)
    throw new UsageError('--null belongs to --files: it says how paths end there')
  const expanded = await findFiles(images)
  const list = files === undefined ? undefined : files === '-' ? io.stdin : await openStream(files)
  return (async function* () {
    yield* expanded
    if (list) yield* listed(list, options, io)
  })()
}

/** The paths of a list as they arrive. */
async function* listed(
  list: NodeJS.ReadableStream,
  { files, null: byNul }: InputOptions,
  { signal }: Io,
): AsyncGenerator<FoundFile> {
  let none = true
  for await (const file of readLines(list, { signal, separator: byNul ? 'nul' : 'newline' })) {
    if (!byNul && file.includes('\0'))
      throw new UsageError(`--files ${files}: paths end with NUL there, as find -print0 writes them; add --null`)
    none = false
    yield { file, error: null }
  }
  if (none && !signal.aborted)
    throw new UsageError(`--files ${files}: the list is empty; expected paths of images, one per line`)
}

/**
 * The images of files, in their order, decoded ahead of whoever takes them. One that cannot be read comes as its error.
 * @throws StableSigError 'aborted' between two images after Ctrl-C
 */
export async function* readInputs(
  files: AsyncIterable<FoundFile>,
  options: Pick<InputOptions, 'size' | 'maxSide' | 'maxPixels'>,
  io: Io,
): AsyncGenerator<Input> {
  const reading = readingOf(options)
  const work = async ({ file, error }: FoundFile): Promise<Input> => {
    if (error) return { file, error }
    try {
      return { file, image: await readImage(file, reading) }
    } catch (error) {
      return { file, error: namingOption(error) }
    }
  }
  for await (const input of mapAhead(files, AHEAD, work)) {
    checkInterrupted(io)
    yield input
  }
  checkInterrupted(io)
}

/** How images are read, as the options say. */
export const readingOf = ({
  size,
  maxSide,
  maxPixels,
}: {
  readonly size?: number | undefined
  readonly maxSide?: number | undefined
  readonly maxPixels?: number | undefined
}): ReadImageOptions => ({
  ...(size === undefined ? {} : { size }),
  ...(maxSide === undefined ? {} : { maxSide }),
  ...(maxPixels === undefined ? {} : { maxPixels }),
})

/** An image that is too large: the library's name of the limit becomes the option's. */
export function namingOption(error: unknown): unknown {
  if (!(error instanceof StableSigError) || error.code !== 'limit') return error
  return new StableSigError('limit', error.message.replace('(maxPixels)', '(allow more with --max-pixels)'), {
    cause: error,
  })
}

function checkInterrupted(io: Io): void {
  if (io.signal.aborted) throw abortedError(io.signal, '')
}
