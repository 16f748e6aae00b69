import {
  checkOnnxOutput,
  type OpenedDecoder,
  openDecoder,
  readSigningHeader,
  type SaveOnnxOptions,
  saveOnnx,
} from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import { latentScaling } from '@stablesig/core/latents'
import { type PortableModel, portableDecoder, portableExtractor } from '@stablesig/core/models'
import { disposing, type Own } from '../../disposal.ts'
import { EXIT, UsageError } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { extractorAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import type { exportModel as command } from './command.ts'

type Options = GivenOf<typeof command>

/** What is written, and what else is known of it. */
interface Source {
  readonly model: PortableModel
  readonly metadata: Readonly<Record<string, string>>
}

export const run = (options: Options, io: Io): Promise<number> =>
  disposing(async (own) => {
    const weights = weightsPath(options)
    if (options.generator !== undefined && !options.generatorLatents)
      throw new UsageError('--generator belongs to --generator-latents: otherwise latents are not scaled')
    if (options.fp16Io && !options.fp16) throw new UsageError('--fp16-io belongs to --fp16')
    await checkOnnxOutput(options.out, options.layout)
    // Weights live in an engine; nothing is computed.
    await startEngine({ device: 'cpu' })
    const { model, metadata } = await (options.what === 'decoder'
      ? openSource(own, weights, options)
      : extractorAt(weights).then((extractor) => ({ model: portableExtractor(own(extractor)), metadata: {} })))
    const saving: SaveOnnxOptions = {
      layout: options.layout,
      precision: options.fp16 ? 'float16' : 'float32',
      io: options.fp16Io ? 'float16' : 'float32',
      metadata,
    }
    const { file, bytes, sha256 } = await saveOnnx(options.out, model, saving)
    const [input] = model.inputs
    const [output] = model.outputs
    const result = {
      out: options.out,
      file,
      bytes,
      sha256,
      input: input.name,
      output: output.name,
      ...model.metadata,
      ...metadata,
    }
    io.out(
      options.json
        ? jsonLine(result)
        : `exported  ${file}, ${bytes} bytes, ${input.name} -> ${output.name}\nsha256    ${sha256}\n`,
    )
    return EXIT.done
  })

async function openSource(
  own: Own,
  path: string,
  { config, range, generatorLatents, generator }: Options,
): Promise<Source> {
  const { decoder, latents: told, metadata }: OpenedDecoder = await openDecoder(path, config)
  own(decoder)
  const latents = generator === undefined ? told : latentScaling(generator)
  if (generatorLatents && latents.kind === 'unknown')
    throw new StableSigError(
      'unsupported',
      `${path} does not say how a generator scales its latents; name its config.json or yaml with --config, or the generator with --generator`,
    )
  const signing = readSigningHeader(metadata)
  return {
    model: portableDecoder(decoder, { range, ...(generatorLatents ? { latents } : {}) }),
    metadata: signing ? { key_id: signing.key.id } : {},
  }
}

/** The one path among the options that say what is exported. */
function weightsPath({ what, autoencoder, decoder, extractor }: Options): string {
  const given = what === 'decoder' ? [autoencoder, decoder] : [extractor]
  const other = what === 'decoder' ? [extractor] : [autoencoder, decoder]
  const [path, second] = given.filter((one) => one !== undefined)
  if (path === undefined || second !== undefined || other.some((one) => one !== undefined))
    throw new UsageError(
      what === 'decoder'
        ? 'export decoder takes --autoencoder PATH or --decoder FILE, one of them'
        : 'export extractor takes --extractor FILE',
    )
  return path
}
