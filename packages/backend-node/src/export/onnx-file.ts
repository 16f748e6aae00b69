import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StableSigError } from '@stablesig/core'
import type { PortableModel } from '@stablesig/core/models'
import { EngineError, exportModel } from '@stablesig/tfjs-backend-onnx'
import about from '../../package.json' with { type: 'json' }
import { checkOutputFile } from '../files/outputs.ts'
import { stageFile, stageFolder, writeNew } from '../files/staged.ts'
import { checkDestination } from '../saving/destination.ts'
import { transformersConfig, transformersFile } from './transformers-js.ts'

export interface OnnxExportOptions {
  /** What weights are stored and computed in; see exportModel. Default 'float32'. */
  readonly precision?: 'float32' | 'float16'
  /** Type of inputs and outputs. Default 'float32'. */
  readonly io?: 'float32' | 'float16'
  /** More to keep in the file's metadata, such as the id of the key: never the key. */
  readonly metadata?: Readonly<Record<string, string>>
}

export interface SaveOnnxOptions extends OnnxExportOptions {
  /** 'file': one .onnx file; 'transformers.js': a folder that transformers.js loads. Default 'file'. */
  readonly layout?: 'file' | 'transformers.js'
}

/** What was written. */
export interface SavedOnnx {
  /** The model file. */
  readonly file: string
  readonly bytes: number
  /** Of the model file, lower-case hex. */
  readonly sha256: string
}

/**
 * Bytes of a network as an ONNX model: see `portableDecoder` and `portableExtractor` of core, and exportModel.
 * @throws StableSigError 'unsupported', or 'limit' for weights that half precision or a model file cannot hold
 */
export async function exportOnnx(model: PortableModel, options: OnnxExportOptions = {}): Promise<Uint8Array> {
  const { precision = 'float32', io = 'float32', metadata } = options
  const { build, weights, names, inputs, outputs } = model
  try {
    return await exportModel(build, {
      weights,
      names,
      inputs,
      outputs,
      precision,
      io,
      producer: { name: 'stablesig', version: about.version },
      metadata: { ...model.metadata, precision, ...metadata },
    })
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    const code = error.code === 'limit' ? 'limit' : 'unsupported'
    throw new StableSigError(code, error.message, { cause: error })
  }
}

/**
 * Writes a network as an ONNX model, whole or not at all.
 *
 *   await saveOnnx('vae_decoder.onnx', portableDecoder(autoencoder.decoder, { weights: signed }))
 *   await saveOnnx('signed-vae', portableDecoder(autoencoder.decoder), { layout: 'transformers.js', precision: 'float16' })
 *
 * @param out a file, or for layout 'transformers.js' a folder, whose name must be free or an empty folder's
 * @throws StableSigError as exportOnnx; 'io'
 */
export async function saveOnnx(out: string, model: PortableModel, options: SaveOnnxOptions = {}): Promise<SavedOnnx> {
  const { layout = 'file', precision = 'float32' } = options
  await checkOnnxOutput(out, layout)
  const bytes = await exportOnnx(model, options)
  if (layout === 'file') {
    const staged = await stageFile(out, bytes)
    await staged.commit()
    return { file: out, bytes: staged.bytes, sha256: staged.sha256 }
  }
  const file = transformersFile(model, precision)
  const staged = await stageFolder(out, async (folder) => {
    await mkdir(join(folder, 'onnx')).catch((cause: unknown) => {
      throw new StableSigError('io', `cannot write ${out}: the folder onnx cannot be made`, { cause })
    })
    const config = `${JSON.stringify(transformersConfig(model, precision), null, 2)}\n`
    await writeNew(join(folder, 'config.json'), config, join(out, 'config.json'))
    return writeNew(join(folder, 'onnx', file), bytes, join(out, 'onnx', file))
  })
  await staged.commit()
  return { file: join(out, 'onnx', file), ...staged.filled }
}

/**
 * Checks, before any work starts, that saveOnnx will be able to write there.
 * @throws StableSigError 'io'
 */
export async function checkOnnxOutput(out: string, layout: 'file' | 'transformers.js'): Promise<void> {
  if (layout === 'file') await checkOutputFile(out)
  else await checkDestination(out, 'diffusers', [])
}
