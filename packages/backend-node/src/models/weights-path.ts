import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { badArgument } from '@stablesig/core/errors'
import { modelState, openSharded, openWeights, type StateDict } from '@stablesig/weights'
import { type FileSource, openFile } from '../files/file-source.ts'
import { cannotRead } from '../files/system-error.ts'
import { configBeside, weightsOfFolder } from './folder.ts'

/** Weights at a path, open: their tensors can be read until they are closed. */
export interface OpenWeights {
  /** The model's tensors: of a training checkpoint those under state_dict, named as the model names them. */
  readonly state: StateDict
  /** All that the files hold. */
  readonly contents: StateDict
  /** The model's folder, where the path was one or a pipeline's; null for a file. */
  readonly folder: string | null
  /** The files that hold tensors: one, or the shards in the order of their index. */
  readonly files: readonly string[]
  /** The shard index; null where there is one file. */
  readonly index: string | null
  /** The config.json that speaks of them, not yet read; null where there is none. */
  readonly config: string | null
  /** Of all files, index included. */
  readonly bytes: number
  close(): Promise<void>
}

/**
 * Opens weights by their path: a file of any format that openWeights reads, a shard index, a model's folder as diffusers
 * writes it, or a pipeline's that holds vae/. Indices are read now, tensors when asked for.
 * @throws StableSigError 'io', 'bad-weights', 'unsafe-weights', 'limit', 'unsupported' naming the file; nothing stays open then
 */
export async function openWeightsPath(path: string): Promise<OpenWeights> {
  if (typeof path !== 'string') throw badArgument('path', 'the path of a file or folder, as text', path)
  const found = await stat(path).catch(cannotRead(path))
  const isFolder = found.isDirectory()
  const at = isFolder ? await weightsOfFolder(path) : { folder: null, weights: path, config: await configBeside(path) }
  const opened: FileSource[] = []
  const close = async () => {
    for (const source of opened.splice(0)) await source.close()
  }
  const open = async (file: string) => {
    const source = await openFile(file)
    opened.push(source)
    return source
  }
  try {
    const source = await open(at.weights)
    const isIndex = await looksLikeJson(source)
    const beside = (file: string) => join(dirname(at.weights), file)
    const contents = isIndex ? await openSharded(source, (file) => open(beside(file))) : await openWeights(source)
    return {
      state: modelState(contents),
      contents,
      folder: at.folder,
      files: isIndex ? (contents.shards ?? []).map(beside) : [at.weights],
      index: isIndex ? at.weights : null,
      config: at.config,
      bytes: opened.reduce((sum, { size }) => sum + size, 0),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether a file begins as a JSON object. A safetensors header's length may have that first byte, but zeros behind it. */
async function looksLikeJson(source: FileSource): Promise<boolean> {
  const head = await source.read(0, Math.min(16, source.size))
  return !head.includes(0) && /^(\xef\xbb\xbf)?\s*\{/.test(String.fromCharCode(...head))
}
