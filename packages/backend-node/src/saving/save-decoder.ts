import { basename, join } from 'node:path'
import {
  type CardFile,
  type DecoderForm,
  type DType,
  type ModelCard,
  modelCardJson,
  readable,
  renderModelCard,
  type SigningFacts,
  StableSigError,
  type StateTensor,
  type StoreOptions,
  signingHeader,
  storeWeights,
  type TensorData,
  tensorsHash,
  type Weights,
  weightsFromStored,
} from '@stablesig/core'
import { writeFileAtomic } from '../files/atomic.ts'
import { stageFile, stageFolder, writeNew } from '../files/staged.ts'
import type { OpenWeights } from '../models/weights-path.ts'
import { type Contents, cardNames, decoderAlone, wholeFile, wholeFolder } from './contents.ts'
import { checkDestination, checkSpace, planFor, type SaveFormat } from './destination.ts'
import { cardOf } from './model-card.ts'
import { nodeHash } from './node-hash.ts'
import { respelled } from './respelled.ts'
import { readFrom, type SignedOrigin, withStored } from './signed-origin.ts'

export interface SaveDecoderOptions {
  readonly autoencoder: SignedOrigin
  /** The signed weights, under the model's own names. */
  readonly decoder: Weights
  /** What the card says of the signing; a key only by its id. */
  readonly signing?: SigningFacts
  /** Default 'same': the form that came in. */
  readonly format?: SaveFormat
}

/** What was written. */
export interface SavedDecoder {
  readonly form: DecoderForm
  readonly path: string
  readonly card: ModelCard
  /** The card's files. */
  readonly cards: { readonly json: string; readonly md: string }
}

/**
 * Writes a signed decoder in the form its model came in, or another, with a card beside it. Only the decoder's trained tensors
 * differ from what came in; dtypes stay, and weights are rounded to them as `roundDecoder` rounds. Everything is written under
 * temporary names first: killed at any moment, no half file or folder has the final name.
 *
 *   diffusers    a folder: config.json byte for byte, the weights file (or shards and their index) under its own name
 *   ldm          a checkpoint: one file; safetensors is copied but for the replaced bytes, a PyTorch file becomes safetensors
 *   safetensors  the decoder's tensors alone, under the names that came in
 *
 * Where a folder is asked for and a file came in, or a file and a folder came in, an autoencoder is written under the other
 * project's names, as far as the other project has it: see respellAutoencoder. A file of several gigabytes takes no more memory
 * than the decoder (of a PyTorch file: and its largest tensor).
 * @throws StableSigError 'io'; 'unsupported' where the model cannot be had in that form; 'not-finite' as storeLike
 */
export async function saveDecoder(out: string, options: SaveDecoderOptions): Promise<SavedDecoder> {
  const { autoencoder, decoder, signing, format } = options
  return withStored(autoencoder, (opened, stored) =>
    storeWeights(stored, decoder).then((tensors) =>
      writeSigned(out, {
        autoencoder,
        opened,
        stored,
        tensors,
        ...(signing ? { signing } : {}),
        ...(format ? { format } : {}),
      }),
    ),
  )
}

/** Signed weights as a reader of the saved file gets them. */
export interface RoundedDecoder {
  /** New tensors, which the caller disposes. */
  readonly weights: Weights
  /** Whether any of them differs from what was given: figures measured before are then of other weights. */
  readonly changed: boolean
}

/**
 * Signed weights as a reader of the saved file gets them: what figures are to be measured with.
 * @param options `forDelta` rounds float32 weights so that a delta stays small; then save, judge and describe these
 * @throws StableSigError as storeWeights
 */
export function roundDecoder(
  autoencoder: SignedOrigin,
  decoder: Weights,
  options: StoreOptions = {},
): Promise<RoundedDecoder> {
  return withStored(autoencoder, async (_, stored) => {
    const weights = weightsFromStored(await storeWeights(stored, decoder, options), decoder)
    return { weights, changed: await differ(weights, decoder) }
  })
}

async function differ(a: Weights, b: Weights): Promise<boolean> {
  for (const [name, tensor] of Object.entries(a)) {
    const [x, y] = await Promise.all([tensor.data<'float32'>(), b[name]?.data<'float32'>()])
    if (x.some((value, i) => value !== y?.[i])) return true
  }
  return false
}

/**
 * Checks, before any training, that saveDecoder will be able to write there.
 * @param kept further files that must not be overwritten
 * @throws StableSigError as saveDecoder
 */
export function checkDecoderOutput(
  out: string,
  autoencoder: SignedOrigin,
  { format = 'same', kept = [] }: { readonly format?: SaveFormat; readonly kept?: readonly string[] } = {},
): Promise<void> {
  return withStored(autoencoder, async (opened, stored) => {
    for (const [name, { dtype }] of stored)
      if (!WRITTEN.has(dtype))
        throw new StableSigError(
          'unsupported',
          `${autoencoder.origin.path}: tensor ${name} is ${dtype}; weights are written as ${[...WRITTEN].join(', ')}: convert it first`,
        )
    const { form, respell } = planFor(format, opened, new Set(autoencoder.decoder.names.values()))
    if (respell) await (await respelled(opened, new Map(), respell, autoencoder, basename(out))).close()
    await checkDestination(out, form, [...readFrom(autoencoder.origin), ...kept])
    if (form !== 'decoder') await checkSpace(out, opened.bytes)
  })
}

/** Dtypes that trained weights are stored in. */
const WRITTEN: ReadonlySet<DType> = new Set(['float32', 'float16', 'bfloat16', 'float64'] as const)

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
