import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { cannotRead } from '../files/system-error.ts'

/** Where an autoencoder came from: what is needed to give it back in the form that came in. */
export interface AutoencoderOrigin {
  /**
   * 'diffusers-folder': weights beside a config.json; 'ldm': a checkpoint that holds other parts or tensors too; 'bare': a file
   * of the autoencoder alone; 'pair': encoder and decoder in files of their own.
   */
  readonly kind: 'diffusers-folder' | 'ldm' | 'bare' | 'pair'
  /** The model's folder or the weights file; of a pair the decoder's file. */
  readonly path: string
  /** Of a pair where the encoder was taken from, as it was named; else null. */
  readonly encoder: string | null
  /** The files that hold tensors: one, the shards in the order of their index, or of a pair encoder and decoder. */
  readonly files: readonly string[]
  /** The shard index; null where there is none. */
  readonly index: string | null
  /** The config.json or yaml that was read with it; null where none was. */
  readonly config: string | null
  /** Groups of the group norms where they were said besides; else null. */
  readonly groups: number | null
  /** Of each of `files`, in their order: lower-case hex. Reads them whole, when asked; a second time it is known. */
  sha256(): Promise<readonly string[]>
}

/** An origin whose checksums are computed when they are first asked for. */
export function originOf(about: Omit<AutoencoderOrigin, 'sha256'>): AutoencoderOrigin {
  let known: Promise<readonly string[]> | undefined
  const sha256 = () => {
    known ??= hashAll(about.files)
    return known
  }
  return { ...about, sha256 }
}

async function hashAll(paths: readonly string[]): Promise<readonly string[]> {
  const hashes: string[] = []
  for (const path of paths) hashes.push(await sha256File(path))
  return hashes
}

/** SHA-256 of a file, lower-case hex, by the platform's own code. @throws StableSigError 'io' */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const part of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(part)
  } catch (cause) {
    return cannotRead(path)(cause)
  }
  return hash.digest('hex')
}
