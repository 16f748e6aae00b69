import type { Key } from '@stablesig/core'
import { autoencodersOf, type NamedFiles } from '../../autoencoder.ts'
import { UsageError } from '../../exit.ts'
import type { Io } from '../../io.ts'
import { readKey } from '../../key.ts'
import type { GivenOf } from '../../options/description.ts'
import type { examine as command } from './command.ts'

/** What is asked of every image; null for what is not. */
export interface Plan {
  readonly marks: { readonly extractor: string; readonly key: Key | null; readonly registry: string | null } | null
  readonly decoders: { readonly all: readonly NamedFiles[]; readonly calibration: string } | null
}

/** @throws UsageError where a part lacks what it needs, or there is none; StableSigError 'bad-key' */
export async function examinePlan(options: GivenOf<typeof command>, io: Io): Promise<Plan> {
  const plan = { marks: await marksOf(options, io), decoders: decodersOf(options, io) }
  if (plan.marks || plan.decoders) return plan
  throw new UsageError(
    'nothing is asked: give --extractor with --key-file or --registry, --autoencoder with --calibration, or both',
  )
}

async function marksOf(options: GivenOf<typeof command>, io: Io): Promise<Plan['marks']> {
  const { extractor, registry = null } = options
  const named = options.key !== undefined || options.keyFile !== undefined
  if (extractor === undefined) {
    if (named || registry !== null)
      throw new UsageError('--key, --key-file and --registry need --extractor FILE beside them, which reads the bits')
    return null
  }
  // A key of the environment counts where bits are read anyway.
  const key = named || io.env.STABLESIG_KEY?.trim() ? await readKey(options, io) : null
  if (key === null && registry === null)
    throw new UsageError('--extractor needs --key-file or --registry beside it: whose bits to look for')
  return { extractor, key, registry }
}

function decodersOf(options: GivenOf<typeof command>, io: Io): Plan['decoders'] {
  const { autoencoder, encoder, decoder, calibration } = options
  if (autoencoder === undefined && encoder === undefined && decoder === undefined) {
    if (calibration !== undefined)
      throw new UsageError('--calibration needs --autoencoder PATH beside it, or --encoder PATH and --decoder PATH')
    return null
  }
  const all = autoencodersOf(options, io)
  if (calibration !== undefined) return { all, calibration }
  throw new UsageError('an autoencoder needs --calibration FILE beside it, which `calibrate-tracer` writes')
}
