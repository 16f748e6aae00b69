import { basename, join } from 'node:path'
import { readable, type StateTensor, type TensorData, tensorsHash } from '@stablesig/weights'
import { writeFileAtomic } from '../files/atomic.ts'
import { stageFile, stageFolder, writeNew } from '../files/staged.ts'
import type { OpenWeights } from '../models/weights-path.ts'
import { type Contents, cardNames, decoderAlone, wholeFile, wholeFolder } from './contents.ts'
import { checkDestination, planFor, type SaveFormat } from './destination.ts'
import { cardOf } from './make-card.ts'
import {
  type CardFile,
  type DecoderForm,
  type ModelCard,
  modelCardJson,
  renderModelCard,
  type SigningFacts,
} from './model-card.ts'
import { nodeHash } from './node-hash.ts'
import { respelled } from './respelled.ts'
import { readFrom, type SignedOrigin } from './signed-origin.ts'
import { signingHeader } from './signing-header.ts'

/** What was written. */
export interface SavedDecoder {
  readonly form: DecoderForm
  readonly path: string
  readonly card: ModelCard
  /** The card's files. */
  readonly cards: { readonly json: string; readonly md: string }
}

/** A decoder to be written, with the open files that it is made from. */
export interface SignedTensors {
  readonly autoencoder: SignedOrigin
  readonly opened: OpenWeights
  /** The original's tensors and the signed ones, by the model's own names. */
  readonly stored: ReadonlyMap<string, StateTensor>
  readonly tensors: ReadonlyMap<string, TensorData>
  readonly signing?: SigningFacts
  readonly format?: SaveFormat
  /** Further files that must not be overwritten. */
  readonly kept?: readonly string[]
}

/** Writes tensors that are stored already: what saveDecoder and applying a delta come to. */
export async function writeSigned(out: string, signed: SignedTensors): Promise<SavedDecoder> {
  const { autoencoder, opened, tensors, signing, format = 'same', kept = [] } = signed
  const { names } = autoencoder.decoder
  const { form, respell } = planFor(format, opened, new Set(names.values()))
  await checkDestination(out, form, [...readFrom(autoencoder.origin), ...kept])
  const replacements = new Map([...tensors].map(([ours, tensor]) => [names.get(ours) ?? ours, tensor]))
  const name = basename(out)
  const contents = await (respell
    ? respelled(opened, replacements, respell, autoencoder, name)
    : form === 'diffusers'
      ? wholeFolder(opened, replacements)
      : form === 'checkpoint'
        ? wholeFile(opened, replacements, name)
        : decoderAlone(opened, replacements, name, signing ? signingHeader(signing) : {}))
  try {
    return await (form === 'diffusers' ? writeFolder(out, contents, signed) : writeFile(out, form, contents, signed))
  } finally {
    await contents.close()
  }
}

async function writeFolder(out: string, contents: Contents, signed: SignedTensors): Promise<SavedDecoder> {
  const cards = cardNames(out, true)
  const staged = await stageFolder(out, async (folder) => {
    const files: CardFile[] = []
    for (const { name, parts } of contents.files)
      files.push({ name, ...(await writeNew(join(folder, name), parts, join(out, name))) })
    const card = await cardFor('diffusers', files, contents.leftOut, signed)
    await writeNew(join(folder, basename(cards.json)), modelCardJson(card))
    await writeNew(join(folder, basename(cards.md)), renderModelCard(card))
    return card
  })
  await staged.commit()
  return { form: 'diffusers', path: out, card: staged.filled, cards }
}

async function writeFile(
  out: string,
  form: DecoderForm,
  contents: Contents,
  signed: SignedTensors,
): Promise<SavedDecoder> {
  const cards = cardNames(out, false)
  const [file] = contents.files
  const staged = await stageFile(out, file?.parts ?? [])
  try {
    const { bytes, sha256 } = staged
    const card = await cardFor(form, [{ name: basename(out), bytes, sha256 }], contents.leftOut, signed)
    // Cards first: whoever sees the decoder sees what it is.
    await writeFileAtomic(cards.json, modelCardJson(card))
    await writeFileAtomic(cards.md, renderModelCard(card))
    await staged.commit()
    return { form, path: out, card, cards }
  } finally {
    await staged.discard()
  }
}

async function cardFor(
  form: DecoderForm,
  files: readonly CardFile[],
  leftOut: number,
  { autoencoder, stored, tensors, signing }: SignedTensors,
): Promise<ModelCard> {
  const hashes = {
    source: await tensorsHash(stored, nodeHash()),
    output: await tensorsHash(readable(tensors), nodeHash()),
  }
  return cardOf({ autoencoder, signing: signing ?? null, form, files, leftOut, tensors, hashes })
}
