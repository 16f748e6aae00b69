import { totalmem } from 'node:os'
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
import { type Autoencoder, decode, encode, StableSigError } from '@stablesig/core'
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

/** Bytes a pixel that a tiny autoencoder of 64 channels takes at its peak, measured on large images. */
const BYTES_A_PIXEL = 1280

/** Refuses what would end the process for want of memory: an autoencoder takes an image whole. */
export function checkMemory({ name, width, height }: Pixels, memoryBytes = totalmem()): void {
  const needed = width * height * BYTES_A_PIXEL
  if (needed <= 0.8 * memoryBytes) return
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`
  throw new StableSigError(
    'limit',
    `${name} is ${width}x${height}: the autoencoder would take about ${gigabytes(needed)}, and there are ` +
      `${gigabytes(memoryBytes)}; make it smaller with --size`,
  )
}

/** The image as the autoencoder gives it back, at its own size: padded to whole blocks and cut back. */
export async function throughAutoencoder(autoencoder: Autoencoder, image: Pixels): Promise<Pixels> {
  checkMemory(image)
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
  const autoencoder = await openAutoencoder(options)
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
