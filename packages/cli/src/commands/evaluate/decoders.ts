import { existsSync } from 'node:fs'
import {
  type Engine,
  fileCheckpoint,
  type OpenedAutoencoder,
  openDecoder,
  roundDecoder,
  saveDecoder,
} from '@stablesig/backend-node'
import { type Extractor, type Key, type LatentDecoder, revealKey, StableSigError } from '@stablesig/core'
import type { SignedDecoders } from '@stablesig/core/evaluation'
import { prepareImages } from '@stablesig/core/training'
import { disposing } from '../../disposal.ts'
import type { Io } from '../../io.ts'
import type { SignOptions } from '../sign/command.ts'
import { planSigning } from '../sign/plan.ts'
import { factsOf } from '../sign/run.ts'
import { train } from '../sign/train.ts'
import type { EvaluateOptions } from './command.ts'
import type { EvaluationFolder } from './folder.ts'
import type { DecoderSource } from './plan.ts'

export interface EvaluationModels {
  readonly engine: Engine
  readonly extractor: Extractor
  readonly autoencoder: OpenedAutoencoder
}

export interface DecodersOptions {
  readonly source: DecoderSource
  readonly keys: readonly Key[]
  readonly models: EvaluationModels
  readonly folder: EvaluationFolder
  readonly options: EvaluateOptions
  readonly io: Io
}

/** The signed decoders of an evaluation, opened one after the other; what is not signed yet is signed then, and kept in the folder. */
export function signedDecoders({ source, keys, models, folder, options, io }: DecodersOptions): SignedDecoders {
  const { autoencoder } = models
  return {
    length: keys.length,
    async open(index) {
      const key = keys[index]
      if (!key) throw new RangeError(`there is no key ${index}`)
      const path = (source.kind === 'files' ? source.paths[index] : undefined) ?? folder.decoder(index)
      if (source.kind === 'sign' && !existsSync(path)) {
        if (!options.json) io.err(`key ${index + 1} of ${keys.length}: signing\n`)
        await signTo(path, key, source.trainingImages, models, options, io)
      }
      const { decoder } = await openDecoder(path, autoencoder.origin.config ?? undefined)
      checkFits(path, decoder, autoencoder)
      return { key, decoder }
    },
  }
}

function checkFits(path: string, decoder: LatentDecoder, { decoder: original }: OpenedAutoencoder): void {
  if (decoder.latentChannels === original.latentChannels && decoder.downscale === original.downscale) return
  const about = ({ latentChannels, downscale }: LatentDecoder) => `${latentChannels} latent channels at 1/${downscale}`
  decoder.dispose()
  throw new StableSigError(
    'bad-weights',
    `${path} decodes ${about(decoder)}, and the autoencoder gives ${about(original)}: give the one that it was signed from`,
  )
}

/** Signs one decoder as `sign` does, with its own options. */
async function signTo(
  path: string,
  key: Key,
  trainingImages: string,
  models: EvaluationModels,
  options: EvaluateOptions,
  io: Io,
): Promise<void> {
  // Attacks of an evaluation are none of the signing.
  const { attacks: _, trainingSize, size: __, ...given } = options
  const signing: SignOptions = {
    ...given,
    ...(trainingSize === undefined ? {} : { size: trainingSize }),
    images: trainingImages,
    key: revealKey(key),
    out: path,
    format: 'safetensors',
    heldOut: '0',
  }
  await disposing(async (own) => {
    const plan = await planSigning(signing, io)
    const heldOut = prepareImages({ autoencoder: models.autoencoder, images: plan.heldOut })
    const trained = await train(plan, models, heldOut, signing, io)
    const decoder = own(await roundDecoder(models.autoencoder, own(trained.decoder).weights))
    const facts = await factsOf(plan, models, trained, null, signing)
    await saveDecoder(path, { autoencoder: models.autoencoder, decoder, signing: facts, format: 'safetensors' })
    await fileCheckpoint(plan.checkpoint).remove()
  })
}
