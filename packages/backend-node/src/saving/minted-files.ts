import type { Key } from '@stablesig/core'
import { checkDecoderHash, keyScales, type Minter, storedNetworkHash } from '@stablesig/core/minting'
import {
  applyScales,
  type Delta,
  makeScalesDelta,
  readable,
  type StateTensor,
  type TensorData,
  tensorsHash,
} from '@stablesig/weights'
import type { OpenWeights } from '../models/weights-path.ts'
import { checkDeltaOutput, type SavedDelta, writeDelta } from './delta-file.ts'
import type { SaveFormat } from './destination.ts'
import type { SigningFacts } from './model-card.ts'
import { nodeHash } from './node-hash.ts'
import { describeOrigin, type SignedOrigin, withStored } from './signed-origin.ts'
import { signingHeader } from './signing-header.ts'
import { type SavedDecoder, writeSigned } from './write-signed.ts'

export interface MintingFiles {
  readonly minter: Minter
  /** Where the decoder lies that the minter was trained with: a file or folder, as openAutoencoder takes it. */
  readonly source: string
  /** A yaml or json file that says of it what tensors cannot. */
  readonly config?: string | undefined
}

/**
 * Opens a decoder's files, holds the minter to them, and hands on what mints from them: each tensor is read once, however many keys
 * come. No engine is needed.
 * @throws StableSigError 'bad-weights' where the minter belongs to another decoder; as describeOrigin; what `use` throws
 */
export async function withMinting<T>(
  { minter, source, config }: MintingFiles,
  use: (minting: Minting) => Promise<T>,
): Promise<T> {
  const autoencoder = await describeOrigin(source, config)
  return withStored(autoencoder, async (opened, stored) => {
    const held = new Map<string, TensorData>()
    for (const [name, tensor] of stored)
      held.set(name, { dtype: tensor.dtype, shape: tensor.shape, data: await tensor.read() })
    const tensors = readable(held)
    checkDecoderHash(minter, await storedNetworkHash(tensors, nodeHash()))
    return use(new Minting(minter, autoencoder, opened, tensors, await tensorsHash(tensors, nodeHash())))
  })
}

/** Mints for one decoder, whose tensors it holds. */
export class Minting {
  readonly #minter: Minter
  readonly #autoencoder: SignedOrigin
  readonly #opened: OpenWeights
  readonly #stored: ReadonlyMap<string, StateTensor>
  readonly #sourceHash: string

  constructor(
    minter: Minter,
    autoencoder: SignedOrigin,
    opened: OpenWeights,
    stored: ReadonlyMap<string, StateTensor>,
    sourceHash: string,
  ) {
    this.#minter = minter
    this.#autoencoder = autoencoder
    this.#opened = opened
    this.#stored = stored
    this.#sourceHash = sourceHash
  }

  /**
   * Writes the decoder of a key as saveDecoder writes a signed one, in any of its forms.
   * @throws StableSigError 'bad-key'; as saveDecoder
   */
  async saveDecoder(
    out: string,
    key: Key,
    { format = 'same', signing, kept = [] }: SaveMintedOptions & { readonly format?: SaveFormat } = {},
  ): Promise<SavedDecoder> {
    const tensors = await applyScales(this.#stored, keyScales(this.#minter, key))
    return writeSigned(out, {
      ...{ autoencoder: this.#autoencoder, opened: this.#opened, stored: this.#stored, tensors, format, kept },
      ...(signing ? { signing } : {}),
    })
  }

  /** The key's scales as a delta, which `applyDelta` takes. @throws StableSigError 'bad-key' */
  delta(key: Key, signing?: SigningFacts): Promise<Delta> {
    const card = signing ? signingHeader(signing) : {}
    const options = { card, newHash: nodeHash, sourceHash: this.#sourceHash }
    return makeScalesDelta(this.#stored, keyScales(this.#minter, key), options)
  }

  /** Writes that delta, with a card beside it. @throws StableSigError 'bad-key'; as saveDelta */
  async saveDelta(out: string, key: Key, { signing, kept = [] }: SaveMintedOptions = {}): Promise<SavedDelta> {
    await checkDeltaOutput(out, this.#autoencoder, kept)
    return writeDelta(out, await this.delta(key, signing), this.#autoencoder, this.#stored, signing ?? null)
  }
}

export interface SaveMintedOptions {
  /** What card and header say of it; a key only by its id. */
  readonly signing?: SigningFacts
  /** Further files that must not be overwritten. */
  readonly kept?: readonly string[]
}
