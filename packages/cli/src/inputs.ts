import { open } from 'node:fs/promises'
import { expandFiles, mapAhead, type Pixels, readImage, readLines } from '@stablesig/backend-node'
import { abortedError, StableSigError } from '@stablesig/core'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'
import { whyUnreadable } from './unreadable.ts'

export interface InputOptions {
  /** '-' for standard input, else a file: one path a line. */
  readonly files?: string
  /** Shorter side, then a centre crop; native size without it. */
  readonly size?: number
  /** Most pixels of the longer side; native size without it. */
  readonly maxSide?: number
}

/** One file that was asked for: its image, or why there is none. */
export type Input =
  | { readonly file: string; readonly image: Pixels }
  | { readonly file: string; readonly error: unknown }

/** How many images are decoded while one is worked on: enough to keep the engine busy, few enough for large photographs. */
const AHEAD = 3

/**
 * The paths that a command line means: IMAGE… with folders and patterns expanded, then those of --files, taken as they are.
 * What can be wrong with the arguments is found here, before any image is read.
 * @throws UsageError when there is none; StableSigError 'io' for an empty folder or pattern, or a list that cannot be read
 */
export async function inputPaths(
  images: readonly string[],
  options: InputOptions,
  io: Io,
): Promise<AsyncIterable<string>> {
  if (images.length === 0 && options.files === undefined)
    throw new UsageError('give images, folders or patterns, or --files - to read paths from standard input')
  const expanded = await expandFiles(images)
  const list = options.files === undefined ? undefined : await openList(options.files, io)
  return (async function* () {
    yield* expanded
    if (list) yield* readLines(list, io.signal)
  })()
}

async function openList(path: string, io: Io): Promise<NodeJS.ReadableStream> {
  if (path === '-') return io.stdin
  const unreadable = (cause: NodeJS.ErrnoException): never => {
    throw new StableSigError('io', `cannot read the list --files ${path}: ${whyUnreadable(cause)}`, { cause })
  }
  const file = await open(path, 'r').catch(unreadable)
  // A pipe is as good as a file; of a folder nothing can be read.
  if (!(await file.stat()).isDirectory()) return file.createReadStream()
  await file.close()
  return unreadable(Object.assign(new Error(), { code: 'EISDIR' }))
}

/**
 * The images at `paths`, in their order, decoded ahead of whoever takes them. One that cannot be read comes as its error.
 * @throws StableSigError 'aborted' between two images after Ctrl-C
 */
export async function* readInputs(
  paths: AsyncIterable<string>,
  { size, maxSide }: Pick<InputOptions, 'size' | 'maxSide'>,
  io: Io,
): AsyncGenerator<Input> {
  const reading = { ...(size === undefined ? {} : { size }), ...(maxSide === undefined ? {} : { maxSide }) }
  const work = async (file: string): Promise<Input> => {
    try {
      return { file, image: await readImage(file, reading) }
    } catch (error) {
      return { file, error }
    }
  }
  for await (const input of mapAhead(paths, AHEAD, work)) {
    checkInterrupted(io)
    yield input
  }
  checkInterrupted(io)
}

function checkInterrupted(io: Io): void {
  if (io.signal.aborted) throw abortedError(io.signal, '')
}
