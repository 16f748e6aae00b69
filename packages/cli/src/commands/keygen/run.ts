import { randomKeys, revealKey } from '@stablesig/core/key'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import type { GivenOf } from '../../options/description.ts'
import type { keygen } from './command.ts'

export async function run({ count, bits, seed, json }: GivenOf<typeof keygen>, io: Io): Promise<number> {
  const lines = randomKeys(count, bits, seed === undefined ? {} : { seed }).map((key) => {
    const text = revealKey(key)
    return json ? jsonLine({ key: text, bits }) : `${text}\n`
  })
  io.out(lines.join(''))
  return EXIT.done
}
