import { type FoundFile, toUnitImages } from '@stablesig/backend-node'
import { StableSigError, type UnitImages } from '@stablesig/core'
import type { Outcome } from '@stablesig/core/detection'
import { disposing, type Own } from '../disposal.ts'
import { EXIT } from '../exit.ts'
import { type Input, inputPaths, readInputs } from '../inputs.ts'
import type { Io } from '../io.ts'
import type { InputOptions } from '../options/shared.ts'
import { reportFailure } from '../report.ts'

type Options = InputOptions & { readonly images: readonly string[]; readonly json?: boolean }

/** What is done with every image. */
export interface EachImage<T> {
  /** One outcome an image, which came from `file`. */
  readonly read: (images: UnitImages, file: string) => Promise<Outcome<T>[]>
  /** Tells of one image; whether it counts as found, or a part of it could not be decided. */
  readonly tell: (file: string, value: T) => boolean | 'failed'
}

/**
 * Decides about each image in turn and tells it at once. One that cannot be decided on is reported; the others still are.
 * @param start makes the work ready, once the command line is known to be right and before an image is read; what it opens
 *   it gives to `own`, which frees it at the end
 * @returns 0 when one was found, 1 when none was, 2 when any failed
 */
export async function eachImage<T>(
  options: Options,
  io: Io,
  start: (own: Own) => Promise<EachImage<T>>,
): Promise<number> {
  const paths = await inputPaths(options, io)
  return disposing(async (own) => decide(await start(own), paths, options, io))
}

async function decide<T>(
  { read, tell }: EachImage<T>,
  paths: AsyncIterable<FoundFile>,
  options: Options,
  io: Io,
): Promise<number> {
  let found = false
  let failed = false
  const fail = (input: Input, error: unknown) => {
    reportFailure(input.file, error, options.json, io)
    failed = true
  }
  for await (const input of readInputs(paths, options, io)) {
    if ('error' in input) {
      fail(input, input.error)
      continue
    }
    const batch = toUnitImages([input.image])
    try {
      const [outcome] = await read(batch, input.file)
      if (outcome?.ok) {
        const told = tell(input.file, outcome.value)
        found ||= told === true
        failed ||= told === 'failed'
      } else fail(input, outcome?.error)
    } catch (error) {
      // What concerns the engine or the arguments concerns every image.
      if (!(error instanceof StableSigError) || error.code === 'aborted') throw error
      fail(input, error)
    } finally {
      batch.dispose()
    }
  }
  return failed ? EXIT.error : found ? EXIT.done : EXIT.none
}
