import { randomKeys, revealKey } from '@stablesig/core/key'
import { EXIT, UsageError } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import type { GivenOf } from '../../options/description.ts'
import type { keygen } from './command.ts'

export async function run(options: GivenOf<typeof keygen>, io: Io): Promise<number> {
  const { count, among, bits = 48, seed, json } = options
  if (among === undefined && options.extractor !== undefined)
    throw new UsageError('--extractor belongs to --among, which says among how many keys one is chosen for it')
  if (seed === '') throw new UsageError('--seed is empty: leave it out for true randomness')
  const keys =
    among === undefined
      ? randomKeys(count, bits, seed === undefined ? {} : { seed }).map((key) => ({ key }))
      : // An engine and an extractor are loaded where they are needed alone.
        await (await import('./choose.ts')).chosenKeys({ ...options, among }, io)
  io.out(
    keys
      .map(({ key, ...about }) => {
        const text = revealKey(key)
        return json ? jsonLine({ key: text, bits: key.length, ...about }) : `${text}\n`
      })
      .join(''),
  )
  return EXIT.done
}
