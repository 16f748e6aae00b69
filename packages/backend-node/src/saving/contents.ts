import { basename, dirname, join } from 'node:path'
import { StableSigError } from '@stablesig/core'
import {
  type Card,
  convertToSafetensors,
  openWeights,
  readable,
  replaceTensors,
  rewriteSafetensors,
  type StateTensor,
  streamSafetensors,
  type TensorData,
} from '@stablesig/weights'
import { type FileSource, openFile } from '../files/file-source.ts'
import type { FileParts } from '../files/staged.ts'
import type { OpenWeights } from '../models/weights-path.ts'

/** A file to be written, by its name in a folder. */
export interface OutputFile {
  readonly name: string
  readonly parts: FileParts
}

/** What a form of output is made of. Its parts read their sources as they are written, until `close`. */
export interface Contents {
  readonly files: readonly OutputFile[]
  /** Tensors of the source that are in no file. */
  readonly leftOut: number
  close(): Promise<void>
}

/**
 * A weights file as it came, with the decoder's tensors replaced: of safetensors every other byte stays; a PyTorch file becomes
 * safetensors, tensors in its order, without what lies outside the dictionary that holds the model.
 * @param replacements by the file's names
 */
export async function wholeFile(
  opened: OpenWeights,
  replacements: ReadonlyMap<string, TensorData>,
  name: string,
): Promise<Contents> {
  const [path = ''] = opened.files
  if (opened.state.format === 'safetensors' && opened.index === null) {
    const source = await openFile(path)
    const { chunks } = await rewriteSafetensors(source, replacements).catch(closing(source))
    return { files: [{ name, parts: chunks() }], leftOut: 0, close: source.close }
  }
  const within = dictionaryOf(replacements.keys())
  const tensors = new Map<string, StateTensor>()
  for (const [theirs, tensor] of replaceTensors(opened.state, replacements))
    if (dictionaryOf([theirs]) === within) tensors.set(theirs.slice(within.length), tensor)
  return {
    files: [{ name, parts: convertToSafetensors(tensors, { format: 'pt' }).chunks() }],
    leftOut: opened.contents.tensors.size - tensors.size,
    close: async () => {},
  }
}

/** A folder as diffusers has it: config.json and shard index byte for byte, weights as `wholeFile` has them. */
export async function wholeFolder(
  opened: OpenWeights,
  replacements: ReadonlyMap<string, TensorData>,
): Promise<Contents> {
  const copied = [opened.config, opened.state.format === 'safetensors' ? opened.index : null]
  const files: OutputFile[] = []
  const sources: FileSource[] = []
  const close = async () => {
    for (const source of sources.splice(0)) await source.close()
  }
  try {
    for (const path of copied) {
      if (path === null) continue
      const source = await openFile(path)
      sources.push(source)
      files.push({ name: basename(path), parts: [await source.read(0, source.size)] })
    }
    if (opened.index === null || opened.state.format !== 'safetensors') {
      const weights = await wholeFile(opened, replacements, safetensorsName(opened))
      return {
        files: [...weights.files, ...files],
        leftOut: weights.leftOut,
        close: () => Promise.all([weights.close(), close()]).then(() => {}),
      }
    }
    for (const path of opened.files) {
      const source = await openFile(path)
      sources.push(source)
      const { tensors } = await openWeights(source)
      const inside = new Map([...replacements].filter(([name]) => tensors.has(name)))
      files.push({ name: basename(path), parts: (await rewriteSafetensors(source, inside)).chunks() })
    }
    return { files, leftOut: 0, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The decoder's tensors alone, under the names of their file, with a card in the header. */
export async function decoderAlone(
  opened: OpenWeights,
  replacements: ReadonlyMap<string, TensorData>,
  name: string,
  card: Card,
): Promise<Contents> {
  const within = dictionaryOf(replacements.keys())
  const named = [...readable(replacements)].map(([theirs, tensor]) => [theirs.slice(within.length), tensor] as const)
  // 'pt' is what PyTorch programs look for before they load a safetensors file.
  const file = await streamSafetensors(new Map(named), { format: 'pt', ...card })
  return {
    files: [{ name, parts: file.chunks() }],
    leftOut: opened.contents.tensors.size - replacements.size,
    close: async () => {},
  }
}

/** The dictionary of a PyTorch checkpoint that names lie in: 'state_dict/' of 'state_dict/decoder.conv_in.weight'. */
function dictionaryOf(names: Iterable<string>): string {
  const found = new Set([...names].map((name) => name.slice(0, name.lastIndexOf('/') + 1)))
  const [first = '', another] = found
  if (another === undefined) return first
  throw new StableSigError(
    'unsupported',
    `the decoder's tensors lie in several dictionaries of the checkpoint (${[...found].slice(0, 3).join(', ')}); convert it first`,
  )
}

/** The name that diffusers looks for: a pickle's becomes that of safetensors, shards of pickles become one file. */
function safetensorsName({ files, index }: OpenWeights): string {
  const name = basename(index ?? files[0] ?? '').replace(/\.index\.json$/, '')
  return name.replace(/^pytorch_model/, 'model').replace(/\.(bin|pt|pth|ckpt)$/, '.safetensors')
}

const closing =
  (source: FileSource) =>
  async (error: unknown): Promise<never> => {
    await source.close()
    throw error
  }

/** `signed.card.json` beside `signed.safetensors`; in a folder that is written, `signed.card.json` itself. */
export function cardNames(out: string, folder: boolean): { readonly json: string; readonly md: string } {
  const stem = folder ? join(out, 'signed') : join(dirname(out), basename(out).replace(/\.safetensors$/, ''))
  return { json: `${stem}.card.json`, md: `${stem}.card.md` }
}
