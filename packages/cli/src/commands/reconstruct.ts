import {
  crop,
  makeOutputFolder,
  openAutoencoder,
  type Pixels,
  padToMultiple,
  toPixels,
  toUnitImages,
  writePng,
} from '@stablesig/backend-node'
import { type Autoencoder, decode, encode } from '@stablesig/core'
import { tidy } from '@tensorflow/tfjs-core'
import { EXIT } from '../exit.ts'
import { type InputOptions, inputPaths, readInputs } from '../inputs.ts'
import { type Io, jsonLine } from '../io.ts'
import { type EngineOptions, startEngine } from '../models.ts'
import { outputNames } from '../outputs.ts'
import { reportFailure } from '../report.ts'

interface Options extends InputOptions, EngineOptions {
  readonly encoder: string
  readonly decoder: string
  readonly out: string
  readonly json?: boolean
}

/** The image as the autoencoder gives it back, at its own size: padded to whole blocks and cut back. */
export async function throughAutoencoder(autoencoder: Autoencoder, image: Pixels): Promise<Pixels> {
  const padded = padToMultiple(image, autoencoder.downscale)
  const images = toUnitImages([padded])
  const decoded = tidy(() => decode(autoencoder, encode(autoencoder, images)))
  try {
    const [made] = await toPixels(decoded, [image.name])
    return crop(made!, 0, 0, image.width, image.height)
  } finally {
    images.dispose()
    decoded.dispose()
  }
}

export async function reconstruct(images: readonly string[], options: Options, io: Io): Promise<number> {
  const paths = await inputPaths(images, options, io)
  await makeOutputFolder(options.out)
  await startEngine(options)
  const autoencoder = await openAutoencoder(options.encoder, options.decoder)
  const outputFor = outputNames(options.out, '.png')
  let code: number = EXIT.done
  try {
    for await (const input of readInputs(paths, options, io)) {
      try {
        if ('error' in input) throw input.error
        const out = outputFor(input.file)
        const made = await throughAutoencoder(autoencoder, input.image)
        await writePng(out, made)
        if (options.json) io.out(jsonLine({ file: input.file, out, width: made.width, height: made.height }))
        else io.out(`${out}\n`)
      } catch (error) {
        reportFailure(input.file, error, options.json, io)
        code = EXIT.error
      }
    }
  } finally {
    autoencoder.dispose()
  }
  return code
}
