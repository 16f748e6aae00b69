import { checkObject } from '../arguments.ts'
import type { LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import { checkDecoder } from '../models/check-models.ts'
import type { Extractor } from '../models/extractor.ts'
import { checkKey, type Key } from '../signal/key.ts'

/** A decoder that was signed with a key. */
export interface SignedDecoder {
  readonly key: Key
  readonly decoder: LatentDecoder
}

/** Signed decoders that are opened when their turn comes, so that one at a time is in memory, or is signed only then. */
export interface SignedDecoders {
  readonly length: number
  /** Decoder `index`, from 0. It is disposed when its images are done. */
  open(index: number): Promise<SignedDecoder>
}

/** Opens a decoder and holds it to the extractor. @throws StableSigError 'bad-argument', 'disposed', 'bad-key' */
export async function openChecked(
  decoders: SignedDecoders,
  index: number,
  { bits }: Pick<Extractor, 'bits'>,
): Promise<SignedDecoder> {
  const name = `signed decoder ${index} (of ${decoders.length}, from 0)`
  const signed = await decoders.open(index)
  checkObject(signed, name, 'an object', ['key', 'decoder'])
  checkDecoder(signed.decoder, name)
  try {
    checkKey(signed.key, bits)
  } catch (error) {
    signed.decoder.dispose()
    throw error
  }
  return signed
}
