import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StableSigError } from '@stablesig/core'
import { cannotRead } from '../files/system-error.ts'

/** Subfolders of a pipeline that hold its autoencoder, by diffusers' names. */
const PARTS = ['vae', 'vqvae'] as const

/** What diffusers and transformers call weights, the best first: full precision before half, safetensors before pickles. */
const WEIGHTS: readonly string[] = [
  'diffusion_pytorch_model.safetensors',
  'diffusion_pytorch_model.safetensors.index.json',
  'model.safetensors',
  'model.safetensors.index.json',
  'diffusion_pytorch_model.fp16.safetensors',
  'diffusion_pytorch_model.safetensors.index.fp16.json',
  'model.fp16.safetensors',
  'diffusion_pytorch_model.bin',
  'diffusion_pytorch_model.bin.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'diffusion_pytorch_model.fp16.bin',
]

/** What a folder holds, by the paths of its files. */
export interface FolderWeights {
  /** The folder of the model itself: of a pipeline, its vae/. */
  readonly folder: string
  /** A weights file or a shard index. */
  readonly weights: string
  /** Its config.json; null where there is none. */
  readonly config: string | null
}

/**
 * The weights of a folder as diffusers writes it: a model's (config.json beside weights), or a pipeline's that holds vae/.
 * Of several forms of the same weights the most exact is taken, safetensors before pickles.
 * @throws StableSigError 'io' when there are none, saying what was looked for and what is there
 */
export async function weightsOfFolder(folder: string): Promise<FolderWeights> {
  const names = await list(folder)
  const part = PARTS.find((name) => names.folders.has(name))
  if (part) return weightsOfFolder(join(folder, part))
  const weights = WEIGHTS.find((name) => names.files.has(name))
  if (weights)
    return {
      folder,
      weights: join(folder, weights),
      config: names.files.has('config.json') ? join(folder, 'config.json') : null,
    }
  const there = [...names.files, ...[...names.folders].map((name) => `${name}/`)].sort()
  throw new StableSigError(
    'io',
    `${folder}: no weights; expected ${WEIGHTS[0]} or another of diffusers' names, a shard index, or a pipeline with vae/; ` +
      `it holds ${there.slice(0, 8).join(', ') || 'nothing'}${there.length > 8 ? `, and ${there.length - 8} more` : ''}. ` +
      'A checkpoint of another name is given as a file',
  )
}

/** The config.json that speaks of a weights file: only beside one that bears diffusers' name. */
export async function configBeside(weights: string): Promise<string | null> {
  if (!WEIGHTS.includes(basename(weights))) return null
  const names = await list(dirname(weights))
  return names.files.has('config.json') ? join(dirname(weights), 'config.json') : null
}

/** Names in a folder; links count as what they point to, since download caches are made of links. */
async function list(folder: string): Promise<{ files: ReadonlySet<string>; folders: ReadonlySet<string> }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(cannotRead(folder))
  const known = new Set<string>([...WEIGHTS, ...PARTS, 'config.json'])
  const files = new Set<string>()
  const folders = new Set<string>()
  for (const entry of entries) {
    const link = entry.isSymbolicLink() && known.has(entry.name)
    const target = link ? await stat(join(folder, entry.name)).catch(() => null) : entry
    if (target?.isDirectory()) folders.add(entry.name)
    else if (target) files.add(entry.name)
  }
  return { files, folders }
}
