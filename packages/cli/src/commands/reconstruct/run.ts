import { totalmem } from 'node:os'
import { makeOutputFolder, type Pixels, toPixels, toUnitImages, writePng } from '@stablesig/backend-node'
import { type Autoencoder, reconstructImages } from '@stablesig/core'
import { autoencoderFiles, checkAutoencoderFiles } from '../../autoencoder.ts'
import { EXIT } from '../../exit.ts'
import { inputPaths, readInputs } from '../../inputs.ts'
import { type Io, jsonLine } from '../../io.ts'
import { autoencoderAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { outputNames } from '../../outputs.ts'
import { reportFailure } from '../../report.ts'
import type { reconstruct } from './command.ts'

/**
 * The image as the autoencoder gives it back, at its own size: padded to whole blocks and cut back.
 * @param memoryBytes above which it is taken in tiles; half of the machine's
 */
export async function throughAutoencoder(
  autoencoder: Autoencoder,
  image: Pixels,
  signal: AbortSignal,
  memoryBytes = totalmem() / 2,
): Promise<Pixels> {
  const images = toUnitImages([image])
  try {
    const decoded = await reconstructImages(autoencoder, images, { memoryBytes, signal })
    const [made] = await toPixels(decoded, [image.name]).finally(() => decoded.dispose())
    return made!
  } finally {
    images.dispose()
  }
}

export async function run(options: GivenOf<typeof reconstruct>, io: Io): Promise<number> {
  const files = autoencoderFiles(options)
  await checkAutoencoderFiles(files)
  const paths = await inputPaths(options, io)
  await makeOutputFolder(options.out)
  await startEngine(options)
  const autoencoder = await autoencoderAt(files)
  const outputFor = outputNames(options.out, '.png', true)
  let code: number = EXIT.done
  try {
    for await (const input of readInputs(paths, options, io)) {
      try {
        if ('error' in input) throw input.error
        const out = outputFor(input.file)
        const made = await throughAutoencoder(autoencoder, input.image, io.signal)
        await writePng(out, made)
        if (options.json) io.out(jsonLine({ file: input.file, out, width: made.width, height: made.height }))
        else io.out(`${out}\n`)
      } catch (error) {
        if (io.signal.aborted) throw error
        reportFailure(input.file, error, options.json, io)
        code = EXIT.error
      }
    }
  } finally {
    autoencoder.dispose()
  }
  return code
}
