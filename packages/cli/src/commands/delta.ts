import { applyDeltaFile, type SaveFormat, saveDeltaBetween } from '@stablesig/backend-node'
import { EXIT } from '../exit.ts'
import { type Io, jsonLine } from '../io.ts'

export interface DeltaOptions {
  readonly out: string
  readonly config?: string
  readonly json?: boolean
}

/** Writes what turns one decoder into another. */
export async function delta(
  source: string,
  signed: string,
  { out, config, json }: DeltaOptions,
  io: Io,
): Promise<number> {
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

export interface ApplyOptions extends DeltaOptions {
  readonly format: SaveFormat
}

/** Makes the signed decoder out of its source and a delta. */
export async function apply(source: string, file: string, options: ApplyOptions, io: Io): Promise<number> {
  const out = options.out.replace(/(?<=.)[/\\]+$/, '')
  const { form, path, card, cards } = await applyDeltaFile(out, source, file, {
    format: options.format,
    ...(options.config === undefined ? {} : { config: options.config }),
  })
  const key = card.signing?.key ?? null
  const result = { out: path, form, keyId: key?.id ?? null, signedHash: card.output.tensorsSha256, card: cards.json }
  io.out(options.json ? jsonLine(result) : `signed        ${path} (${form})${key ? `, key ${key.id}` : ''}\n`)
  return EXIT.done
}
