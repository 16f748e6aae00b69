import { saveDeltaBetween } from '@stablesig/backend-node'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import type { GivenOf } from '../../options/description.ts'
import type { delta } from './command.ts'

/** Writes what turns one decoder into another. */
export async function run({ source, signed, out, config, json }: GivenOf<typeof delta>, io: Io): Promise<number> {
  const { path, bytes, changed, total, encodings, sourceHash, resultHash, cards } = await saveDeltaBetween(
    out,
    source,
    signed,
    config === undefined ? {} : { config },
  )
  const result = { out: path, bytes, changed, total, encodings, sourceHash, signedHash: resultHash, card: cards.json }
  const text =
    `delta         ${path}, ${bytes} bytes\n` +
    `changed       ${changed.tensors} of ${total.tensors} tensors, ${changed.elements} of ${total.elements} weights\n` +
    (encodings.pattern > 0 && bytes > 2 * changed.elements
      ? 'note          the signed weights are full single precision; sign with --delta for a smaller one\n'
      : '')
  io.out(json ? jsonLine(result) : text)
  return EXIT.done
}
