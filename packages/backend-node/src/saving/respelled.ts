import { configForDiffusers, respellAutoencoder, storedAutoencoder, type TargetSpelling } from '@stablesig/core/models'
import { convertToSafetensors, replaceTensors, type TensorData } from '@stablesig/weights'
import { openFile } from '../files/file-source.ts'
import { type OpenWeights, openWeightsPath } from '../models/weights-path.ts'
import type { Contents } from './contents.ts'
import { describeOpened, type SignedOrigin } from './signed-origin.ts'

/**
 * A whole autoencoder under another project's names: a diffusers folder out of a checkpoint or a pair of files, a file for LDM out
 * of a folder.
 * @throws StableSigError 'unsupported' as respellAutoencoder and configForDiffusers
 */
export async function respelled(
  opened: OpenWeights,
  replacements: ReadonlyMap<string, TensorData>,
  to: TargetSpelling,
  { origin, latents }: SignedOrigin,
  name: string,
): Promise<Contents> {
  const encoder = origin.encoder === null ? null : await openWeightsPath(origin.encoder)
  const close = async () => encoder?.close()
  try {
    const { about, options } = await describeOpened(opened, origin)
    const { source } = opened.state
    const signed = { about, state: { source, tensors: replaceTensors(opened.state, replacements) } }
    const other = encoder && { state: encoder.state, about: (await describeOpened(encoder, origin)).about }
    const stored = storedAutoencoder(signed, other ?? undefined)
    const tensors = respellAutoencoder(stored, to)
    const { chunks } = convertToSafetensors(tensors, { format: 'pt' })
    const all = opened.contents.tensors.size + (encoder?.contents.tensors.size ?? 0)
    const leftOut = all - tensors.size
    if (to === 'LDM') return { files: [{ name, parts: chunks() }], leftOut, close }
    // Made even where one came along: what diffusers cannot build is refused by it.
    const made = configForDiffusers(stored, latents ?? { kind: 'unknown', scale: 1, shift: 0 })
    const came = origin.config !== null && isDiffusers(options.config) ? await bytesOf(origin.config) : null
    const config = came ?? `${JSON.stringify(made, null, 2)}\n`
    const weights = { name: 'diffusion_pytorch_model.safetensors', parts: chunks() }
    return { files: [weights, { name: 'config.json', parts: config }], leftOut, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether a configuration is one of diffusers', which is then given back byte for byte. */
const isDiffusers = (config: unknown): boolean =>
  typeof config === 'object' && config !== null && ('_class_name' in config || 'block_out_channels' in config)

async function bytesOf(path: string): Promise<Uint8Array> {
  const source = await openFile(path)
  return source.read(0, source.size).finally(source.close)
}
