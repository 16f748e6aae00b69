import { basename } from 'node:path'
import { StableSigError } from '@stablesig/core'
import type { DType } from '@stablesig/weights'
import { checkDestination, checkSpace, planFor, type SaveFormat } from './destination.ts'
import type { SigningFacts } from './model-card.ts'
import { respelled } from './respelled.ts'
import { type RoundedDecoder, type SignedWeights, storedTensors } from './round-decoder.ts'
import { readFrom, type SignedOrigin, withStored } from './signed-origin.ts'
import { type SavedDecoder, writeSigned } from './write-signed.ts'

export interface SaveDecoderOptions {
  readonly autoencoder: SignedOrigin
  /** What `finetuneDecoder` gives, or bare weights under the model's own names, or what `roundDecoder` made of them, which is not stored again. */
  readonly decoder: SignedWeights | RoundedDecoder
  /** What the card says of the signing; a key only by its id. */
  readonly signing?: SigningFacts
  /** Default 'same': the form that came in. */
  readonly format?: SaveFormat
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
    storedTensors(stored, decoder).then((tensors) =>
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
