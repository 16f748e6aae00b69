import { type Autoencoder, loadAutoencoder } from '@stablesig/core'
import { badArgument } from '@stablesig/core/errors'
import { type ArchitectureOptions, describeAutoencoder, readAutoencoder } from '@stablesig/core/models'
import { pathOf } from '../files/path-of.ts'
import { readConfigFile, readYamlFile } from './config.ts'
import { type AutoencoderOrigin, originOf } from './origin.ts'
import { openWeightsPath } from './weights-path.ts'

/** What tensors do not tell of an autoencoder. */
export interface ArchitectureFiles extends Omit<ArchitectureOptions, 'config'> {
  /** A yaml or json file that tells its architecture and scale. Default: the config.json beside the weights. */
  readonly config?: string
}

interface Whole extends ArchitectureFiles {
  /** A file (checkpoint, bare weights, shard index) or a folder (diffusers' vae/, or a pipeline with one), by its path or file: URL. */
  readonly path: string | URL
}

interface Pair extends ArchitectureFiles {
  /** Each a path as `path` is, of which that half is taken. */
  readonly encoder: string | URL
  readonly decoder: string | URL
}

/** Where an autoencoder lies: in one place, or its halves in two. */
export type AutoencoderFiles = Whole | Pair

/** An autoencoder, and what is needed to write it back as it came. */
export interface OpenedAutoencoder extends Autoencoder {
  readonly origin: AutoencoderOrigin
}

/**
 * Loads an autoencoder of any family. Of a checkpoint only the autoencoder's tensors are read, one after the other. The engine
 * must be ready; every file is closed when it returns.
 *
 *   await openAutoencoder({ path: 'v1-5-pruned.safetensors' })
 *   await openAutoencoder({ path: 'stable-diffusion-xl/vae' })
 *   await openAutoencoder({ encoder: 'taef2_encoder.pth', decoder: 'taef2_decoder.pth' })
 *
 * @throws StableSigError 'io', 'bad-weights', 'unsafe-weights', 'limit', 'unsupported' naming the file
 */
export async function openAutoencoder(files: AutoencoderFiles): Promise<OpenedAutoencoder> {
  const expected = '{ path }, or { encoder, decoder }, of paths'
  if (typeof files !== 'object' || files === null) throw badArgument('files', expected, files)
  if ('path' in files) return openWhole(files)
  if (!('encoder' in files && 'decoder' in files)) throw badArgument('files', expected, files)
  return openPair(files)
}

async function openWhole(files: Whole): Promise<OpenedAutoencoder> {
  const whole = pathOf(files.path)
  const { state, contents, folder, index, config, files: paths, close } = await openWeightsPath(whole)
  try {
    const { path, options } = await architecture(config, files)
    const others = contents.tensors.size - describeAutoencoder(state, options).names.size
    const autoencoder = await readAutoencoder(state, options)
    const kind = config ? 'diffusers-folder' : others > 0 ? 'ldm' : 'bare'
    const origin = originOf({
      kind,
      path: folder ?? whole,
      encoder: null,
      files: paths,
      index,
      config: path,
      groups: files.groups ?? null,
    })
    return { ...autoencoder, origin }
  } finally {
    await close()
  }
}

async function openPair(files: Pair): Promise<OpenedAutoencoder> {
  const halves = { encoder: pathOf(files.encoder), decoder: pathOf(files.decoder) }
  const encoder = await openWeightsPath(halves.encoder)
  try {
    const decoder = await openWeightsPath(halves.decoder)
    try {
      const { path, options } = await architecture(decoder.config ?? encoder.config, files)
      const autoencoder = await loadAutoencoder({ encoder: encoder.state, decoder: decoder.state }, options)
      const origin = originOf({
        kind: 'pair',
        path: decoder.folder ?? halves.decoder,
        encoder: halves.encoder,
        files: [...encoder.files, ...decoder.files],
        index: decoder.index,
        config: path,
        groups: files.groups ?? null,
      })
      return { ...autoencoder, origin }
    } finally {
      await decoder.close()
    }
  } finally {
    await encoder.close()
  }
}

/** What besides tensors tells the architecture: a configuration that was named, or the one beside the weights. */
async function architecture(
  beside: string | null,
  { config, groups, generator }: ArchitectureFiles,
): Promise<{ path: string | null; options: ArchitectureOptions }> {
  const path = config ?? beside
  const parsed = config ? await readYamlFile(config) : beside ? await readConfigFile(beside) : undefined
  const options: ArchitectureOptions = {
    ...(parsed === undefined ? {} : { config: parsed }),
    ...(groups === undefined ? {} : { groups }),
    ...(generator === undefined ? {} : { generator }),
  }
  return { path, options }
}
