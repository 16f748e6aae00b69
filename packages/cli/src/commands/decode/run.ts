import { stat } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { makeOutputFolder, openDecoder, toPixels, withWeights, writePng } from '@stablesig/backend-node'
import { decodeLatents, StableSigError } from '@stablesig/core'
import { eachLatent, latentScaling, readLatents } from '@stablesig/core/latents'
import { disposing, type Own } from '../../disposal.ts'
import { EXIT, UsageError } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { outputNames } from '../../outputs.ts'
import { reportFailure } from '../../report.ts'
import type { decode as command } from './command.ts'

type Options = GivenOf<typeof command>

/** Latents from files -> a PNG an image: what a generator's last step would have made of them. */
export const run = (options: Options, io: Io): Promise<number> => disposing((own) => decodeWith(own, options, io))

async function decodeWith(own: Own, options: Options, io: Io): Promise<number> {
  const path = decoderPath(options)
  await makeOutputFolder(options.out)
  await startEngine(options)
  const { decoder, latents } = await openDecoder(path, options.config)
  own(decoder)
  const { latentChannels, downscale } = decoder
  const scaling = options.generator === undefined ? latents : latentScaling(options.generator)
  const model = { decoder, latents: scaling, latentChannels, downscale }
  const { height, width, unscaled } = options
  // Without either they are left out: a sequence is then a square.
  const size = { ...(height === undefined ? {} : { height }), ...(width === undefined ? {} : { width }) }
  // Left out, what a file says of its latents counts.
  const more = { ...(unscaled ? { scaled: false } : {}), memoryBytes: totalmem() / 2, signal: io.signal }
  const outputFor = outputNames(options.out, '.png')
  let code: number = EXIT.done
  for (const file of options.latents) {
    try {
      const found = await latentsOf(file, options.array)
      for (const [index, one] of eachLatent(found, model, size).entries()) {
        const images = await decodeLatents(model, one, { ...more, ...size })
        const [made] = await toPixels(images, [file]).finally(() => images.dispose())
        const out = outputFor(file)
        await writePng(out, made!)
        if (options.json) io.out(jsonLine({ file, index, out, width: made!.width, height: made!.height }))
        else io.out(`${out}\n`)
      }
    } catch (error) {
      if (io.signal.aborted) throw error
      reportFailure(file, error, options.json, io)
      code = EXIT.error
    }
  }
  return code
}

function decoderPath({ autoencoder, decoder }: Options): string {
  const path = autoencoder ?? decoder
  if (path === undefined) throw new UsageError('a decoder is needed: --autoencoder PATH or --decoder PATH')
  if (autoencoder !== undefined && decoder !== undefined)
    throw new UsageError('--autoencoder and --decoder both name the decoder: give one of them')
  return path
}

/** The latents in a file. A folder would be searched for a model. */
async function latentsOf(file: string, array: string | undefined) {
  const there = await stat(file).catch(() => null)
  if (there?.isDirectory()) throw new StableSigError('io', `cannot read ${file}: it is a folder; --latents takes files`)
  return withWeights(file, (state) => readLatents(state, array))
}
