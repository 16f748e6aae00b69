import { readdir, statfs } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { StableSigError } from '@stablesig/core'
import type { TargetSpelling } from '@stablesig/core/models'
import { checkOutputFile, checkOutputPlace, isSameFile } from '../files/outputs.ts'
import { whyFailed } from '../files/system-error.ts'
import type { OpenWeights } from '../models/weights-path.ts'
import type { DecoderForm } from './model-card.ts'

/**
 * 'same': the form that came in. 'diffusers': a folder with config.json; 'ldm': a checkpoint in one file, of what came as a folder
 * the autoencoder under LDM's names; 'safetensors': the decoder's tensors alone.
 */
export type SaveFormat = 'same' | 'diffusers' | 'ldm' | 'safetensors'

/** What is written, and whether under another project's names than those that came in. */
export interface Plan {
  readonly form: Exclude<DecoderForm, 'delta'>
  readonly respell: TargetSpelling | null
}

/**
 * What `format` comes to, of what was opened.
 * @param decoderNames the file's names of what is signed
 */
export function planFor(
  format: SaveFormat,
  { state, folder, index }: OpenWeights,
  decoderNames: ReadonlySet<string>,
): Plan {
  if (format === 'safetensors') return { form: 'decoder', respell: null }
  const cameAsFolder = folder !== null || index !== null
  if (format === 'diffusers' && !cameAsFolder) return { form: 'diffusers', respell: 'diffusers' }
  if (format === 'ldm' && cameAsFolder) return { form: 'checkpoint', respell: 'LDM' }
  if (cameAsFolder) return { form: 'diffusers', respell: null }
  const alone = [...state.tensors.keys()].every((name) => decoderNames.has(name))
  return { form: alone ? 'decoder' : 'checkpoint', respell: null }
}

/**
 * Checks, before any work starts, that a signed decoder can be written at `out`: a folder's name is free or an empty folder's, a
 * file's is free or a file's, and it is none of the files that are read.
 * @param kept files that must not be overwritten
 * @throws StableSigError 'io'; 'bad-argument' for a name that promises another format
 */
export async function checkDestination(out: string, form: DecoderForm, kept: readonly string[]): Promise<void> {
  for (const path of kept)
    if (await isSameFile(out, path))
      throw new StableSigError('io', `${out} would overwrite ${path}, which it is made from; choose another name`)
  if (form !== 'diffusers') {
    const ending = /\.(ckpt|pth?|bin|onnx|json)$/i.exec(out)
    if (ending)
      throw new StableSigError(
        'bad-argument',
        `${basename(out)}: what is written is safetensors, and programs tell by ${ending[0]} that it is not; name it .safetensors`,
      )
    return checkOutputFile(out)
  }
  await checkOutputPlace(resolve(out))
  const there = await readdir(out).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    const why =
      cause.code === 'ENOTDIR' ? 'a file has that name, and a folder is to be written' : whyFailed(cause, 'write', out)
    throw new StableSigError('io', `cannot write ${out}: ${why}`, { cause })
  })
  if (there.length > 0)
    throw new StableSigError(
      'io',
      `cannot write ${out}: the folder holds ${there.length} entries (${there.slice(0, 3).join(', ')}); choose a new name`,
    )
}

/**
 * Checks that as many bytes are free where `out` is to lie: a checkpoint has several gigabytes, and training comes first.
 * @throws StableSigError 'io'
 */
export async function checkSpace(out: string, bytes: number): Promise<void> {
  const place = await statfs(dirname(resolve(out))).catch(() => null)
  const free = place ? place.bavail * place.bsize : Number.POSITIVE_INFINITY
  if (free >= bytes) return
  throw new StableSigError(
    'io',
    `cannot write ${out}: it takes ${bytes} bytes and ${free} are free there; make room, or take the decoder alone (safetensors)`,
  )
}
