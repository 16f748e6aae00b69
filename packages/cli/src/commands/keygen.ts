import { randomKeys, revealKey } from '@stablesig/core/key'
import { EXIT } from '../exit.ts'
import { type Io, jsonLine } from '../io.ts'

interface Options {
  readonly count: number
  readonly bits: number
  readonly seed?: string
  readonly json?: boolean
}

export async function keygen({ count, bits, seed, json }: Options, io: Io): Promise<number> {
  const lines = randomKeys(count, bits, seed === undefined ? {} : { seed }).map((key) => {
    const text = revealKey(key)
    return json ? jsonLine({ key: text, bits }) : `${text}\n`
  })
  io.out(lines.join(''))
  return EXIT.done
}
