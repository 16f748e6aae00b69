import { type ChosenKey, chooseKeys } from '@stablesig/core/training'
import { EXTRACTOR_48 } from '@stablesig/models'
import { disposing } from '../../disposal.ts'
import { UsageError } from '../../exit.ts'
import type { Io } from '../../io.ts'
import { extractorAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { standIn } from '../../shipped.ts'
import type { keygen } from './command.ts'

/** Keys chosen for an extractor, and on stderr what they ask of pictures. @throws UsageError for keys of another length than it reads */
export const chosenKeys = (
  { among, count, bits, seed, extractor: path, ...engine }: GivenOf<typeof keygen> & { readonly among: number },
  io: Io,
): Promise<ChosenKey[]> =>
  disposing(async (own) => {
    await startEngine(engine)
    const named = path ?? standIn('extractor', EXTRACTOR_48, 'keys are chosen for', io)
    const extractor = own(await extractorAt(named))
    if (bits !== undefined && bits !== extractor.bits)
      throw new UsageError(`--bits ${bits} is not what the extractor reads: ${extractor.bits}`)
    const chosen = await chooseKeys({ extractor, keys: count, among, seed, signal: io.signal })
    const efforts = chosen.map(({ effort }) => effort)
    const [least, greatest] = [Math.min(...efforts), Math.max(...efforts)].map((effort) => effort.toFixed(2))
    io.err(
      `stablesig: ${chosen.length === 1 ? `the key asks ${least}` : `keys ask ${least} to ${greatest}`} of what random ones ask on average\n`,
    )
    return chosen
  })
