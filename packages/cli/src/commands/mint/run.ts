import { openMinter, sha256File, withMinting } from '@stablesig/backend-node'
import { AUTOENCODER_16 } from '@stablesig/models'
import { EXIT, UsageError } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { checkKeyLength, readKey } from '../../key.ts'
import { standIn } from '../../shipped.ts'
import type { MintOptions } from './command.ts'
import { factsOf } from './facts.ts'
import { mintMany } from './many.ts'

export async function run(options: MintOptions, io: Io): Promise<number> {
  const source = sourceOf(options, io)
  const out = options.out.replace(/(?<=.)[/\\]+$/, '')
  const minter = await openMinter(options.minter)
  const minterHash = await sha256File(options.minter)
  const files = { minter, source, config: options.config }
  if (options.keys !== undefined) return mintMany({ ...options, keys: options.keys, out }, { ...files, minterHash }, io)
  if (options.write === 'delta' && options.format !== 'same')
    throw new UsageError('--format belongs to --write decoder')
  const key = await readKey(options, io)
  checkKeyLength(key, minter.architecture.bits, options)
  const signing = await factsOf(key, minterHash)
  const result = await withMinting(files, async (minting) => {
    const common = { signing, kept: [options.minter] }
    if (options.write === 'delta') {
      const { path, bytes, cards } = await minting.saveDelta(out, key, common)
      return { out: path, form: 'delta', bytes, keyId: signing.key.id, card: cards.json }
    }
    const { path, form, card, cards } = await minting.saveDecoder(out, key, { ...common, format: options.format })
    const bytes = card.output.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0)
    return { out: path, form, bytes, keyId: signing.key.id, card: cards.json }
  })
  const text = `minted        ${result.out} (${result.form}), ${result.bytes} bytes, key ${result.keyId}\n`
  io.out(options.json ? jsonLine({ ...result, made: true }) : text)
  return EXIT.done
}

/** What names the decoder: our own where nothing does. @throws UsageError where two do */
function sourceOf({ autoencoder, decoder }: MintOptions, io: Io): string {
  if (autoencoder !== undefined && decoder !== undefined)
    throw new UsageError('mint takes --autoencoder PATH or --decoder PATH, one of them')
  return autoencoder ?? decoder ?? standIn('autoencoder', AUTOENCODER_16, 'the autoencoder is', io)
}
