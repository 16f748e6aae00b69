import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { type DecoderForm, StableSigError } from '@stablesig/core'
import { checkOutputFile, checkOutputPlace } from '../files/outputs.ts'
import type { OpenWeights } from '../models/weights-path.ts'

/**
 * 'same': the form that came in. 'diffusers': a folder with config.json; 'ldm': a checkpoint in one file; 'safetensors': the
 * decoder's tensors alone.
 */
export type SaveFormat = 'same' | 'diffusers' | 'ldm' | 'safetensors'

/**
 * The form that `format` asks for, of what was opened.
 * @param decoderNames the file's names of what is signed
 * @throws StableSigError 'unsupported' where the model cannot be had in it
 */
export function formFor(
  format: SaveFormat,
  { state, folder, index, files }: OpenWeights,
  decoderNames: ReadonlySet<string>,
): Exclude<DecoderForm, 'delta'> {
  if (format === 'safetensors') return 'decoder'
  const cameAs = folder !== null || index !== null ? 'diffusers' : 'ldm'
  if (format !== 'same' && format !== cameAs)
    throw new StableSigError(
      'unsupported',
      `${folder ?? files[0]}: ${cameAs === 'ldm' ? 'a file cannot be written as a diffusers folder' : 'a folder cannot be written as an LDM checkpoint'}; ` +
        'leave the form that came in (same), or take the decoder alone (safetensors)',
    )
  if (cameAs === 'diffusers') return 'diffusers'
  return [...state.tensors.keys()].every((name) => decoderNames.has(name)) ? 'decoder' : 'checkpoint'
}

/**
 * Checks, before any work starts, that a signed decoder can be written at `out`: a folder's name is free or an empty folder's, a
 * file's is free or a file's, and it is none of the files that are read.
 * @param kept files that must not be overwritten
 * @throws StableSigError 'io'; 'bad-argument' for a name that promises another format
 */
export async function checkDestination(out: string, form: DecoderForm, kept: readonly string[]): Promise<void> {
  for (const path of kept)
    if (await isSame(out, path))
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
    const why = cause.code === 'ENOTDIR' ? 'a file has that name, and a folder is to be written' : cause.message
    throw new StableSigError('io', `cannot write ${out}: ${why}`, { cause })
  })
  if (there.length > 0)
    throw new StableSigError(
      'io',
      `cannot write ${out}: the folder holds ${there.length} entries (${there.slice(0, 3).join(', ')}); choose a new name`,
    )
}

/** Whether two paths are one file or folder, through links too. */
async function isSame(a: string, b: string): Promise<boolean> {
  if (resolve(a) === resolve(b)) return true
  const [x, y] = await Promise.all([a, b].map((path) => stat(path).catch(() => null)))
  if (x && y) return x.ino === y.ino && x.dev === y.dev && x.ino !== 0
  const [p, q] = await Promise.all(
    [dirname(resolve(a)), dirname(resolve(b))].map((path) => realpath(path).catch(() => path)),
  )
  return p === q && basename(a) === basename(b)
}
