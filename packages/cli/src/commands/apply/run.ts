import { applyDeltaFile } from '@stablesig/backend-node'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import type { GivenOf } from '../../options/description.ts'
import type { apply } from './command.ts'

/** Makes the signed decoder out of its source and a delta. */
export async function run(options: GivenOf<typeof apply>, io: Io): Promise<number> {
  const out = options.out.replace(/(?<=.)[/\\]+$/, '')
  const { form, path, card, cards } = await applyDeltaFile(out, options.source, options.delta, {
    format: options.format,
    ...(options.config === undefined ? {} : { config: options.config }),
  })
  const key = card.signing?.key ?? null
  const result = { out: path, form, keyId: key?.id ?? null, signedHash: card.output.tensorsSha256, card: cards.json }
  io.out(options.json ? jsonLine(result) : `signed        ${path} (${form})${key ? `, key ${key.id}` : ''}\n`)
  return EXIT.done
}
