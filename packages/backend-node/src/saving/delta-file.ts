import { basename } from 'node:path'
import { applyDelta, type Delta, makeDelta, openWeights, readable, type StateTensor } from '@stablesig/weights'
import { writeFileAtomic } from '../files/atomic.ts'
import { openFile } from '../files/file-source.ts'
import { stageFile } from '../files/staged.ts'
import { cardNames } from './contents.ts'
import { checkDestination, type SaveFormat } from './destination.ts'
import { cardOf } from './make-card.ts'
import { type ModelCard, modelCardJson, renderModelCard, type SigningFacts } from './model-card.ts'
import { nodeHash } from './node-hash.ts'
import { storedTensors } from './round-decoder.ts'
import type { SaveDecoderOptions } from './save-decoder.ts'
import { describeOrigin, readFrom, type SignedOrigin, withStored } from './signed-origin.ts'
import { readSigningHeader, signingHeader } from './signing-header.ts'
import { type SavedDecoder, writeSigned } from './write-signed.ts'

/** A delta that was written. */
export interface SavedDelta extends Omit<Delta, 'file'> {
  readonly path: string
  readonly bytes: number
  readonly card: ModelCard
  readonly cards: { readonly json: string; readonly md: string }
}

/**
 * Writes what turns a decoder into a signed one, with a card beside it. It is small where the signed weights were rounded for it:
 * see roundDecoder's `forDelta`.
 * @param decoder the signed weights as they were saved, under the model's own names, or what `roundDecoder` made of them
 * @throws StableSigError 'io'; as storeWeights
 */
export function saveDelta(
  out: string,
  options: Pick<SaveDecoderOptions, 'autoencoder' | 'decoder' | 'signing'>,
): Promise<SavedDelta> {
  const { autoencoder, decoder, signing = null } = options
  return withStored(autoencoder, async (_, stored) =>
    write(out, autoencoder, stored, readable(await storedTensors(stored, decoder)), signing),
  )
}

/**
 * Writes what turns the decoder at one path into that at another: files or folders, in whatever spelling. No engine is needed.
 * @param options `config`: a yaml or json file that says of both what tensors cannot
 * @throws StableSigError 'bad-argument' when the two do not hold the same tensors; as describeOrigin
 */
export async function saveDeltaBetween(
  out: string,
  source: string,
  signed: string,
  { config }: { readonly config?: string } = {},
): Promise<SavedDelta> {
  const [from, to] = [await describeOrigin(source, config), await describeOrigin(signed, config)]
  await checkDeltaOutput(out, from, readFrom(to.origin))
  return withStored(from, (_, stored) =>
    withStored(to, async ({ contents }, tensors) =>
      write(out, from, stored, tensors, readSigningHeader(contents.metadata)),
    ),
  )
}

/** Checks, before any work, that a delta can be written there. @param kept further files that must not be overwritten */
export const checkDeltaOutput = (out: string, { origin }: SignedOrigin, kept: readonly string[] = []): Promise<void> =>
  checkDestination(out, 'delta', [...readFrom(origin), ...kept])

/**
 * Applies a delta to the decoder that it was made from, and writes the signed one in the form its model came in, or another:
 * bit for bit the decoder that was signed. No engine is needed.
 * @param source a file or folder; another spelling of the same decoder will do, another dtype will not
 * @throws StableSigError as applyDelta and saveDecoder
 */
export async function applyDeltaFile(
  out: string,
  source: string,
  delta: string,
  { format = 'same', config }: { readonly format?: SaveFormat; readonly config?: string } = {},
): Promise<SavedDecoder> {
  const autoencoder = await describeOrigin(source, config)
  const file = await openFile(delta)
  try {
    const state = await openWeights(file)
    const signing = readSigningHeader(state.metadata)
    return await withStored(autoencoder, async (opened, stored) => {
      const tensors = await applyDelta(stored, state, { newHash: nodeHash })
      return writeSigned(out, {
        autoencoder,
        opened,
        stored,
        tensors,
        format,
        kept: [delta],
        ...(signing ? { signing } : {}),
      })
    })
  } finally {
    await file.close()
  }
}

async function write(
  out: string,
  autoencoder: SignedOrigin,
  stored: ReadonlyMap<string, StateTensor>,
  signed: ReadonlyMap<string, StateTensor>,
  signing: SigningFacts | null,
): Promise<SavedDelta> {
  await checkDeltaOutput(out, autoencoder)
  const card = signing ? signingHeader(signing) : {}
  return writeDelta(out, await makeDelta(stored, signed, { card, newHash: nodeHash }), autoencoder, stored, signing)
}

/** Writes a delta that is made, with a card beside it. */
export async function writeDelta(
  out: string,
  { file, ...delta }: Delta,
  autoencoder: SignedOrigin,
  stored: ReadonlyMap<string, StateTensor>,
  signing: SigningFacts | null,
): Promise<SavedDelta> {
  const staged = await stageFile(out, file)
  try {
    const { bytes, sha256 } = staged
    const hashes = { source: delta.sourceHash, output: delta.resultHash }
    const files = [{ name: basename(out), bytes, sha256 }]
    const about = await cardOf({ autoencoder, signing, form: 'delta', files, leftOut: 0, tensors: stored, hashes })
    const cards = cardNames(out, false)
    await writeFileAtomic(cards.json, modelCardJson(about))
    await writeFileAtomic(cards.md, renderModelCard(about))
    await staged.commit()
    return { path: out, bytes, card: about, cards, ...delta }
  } finally {
    await staged.discard()
  }
}
