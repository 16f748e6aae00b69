import { imageSet, sharpCodec, writeFileAtomic } from '@stablesig/backend-node'
import { balanced, calibrateTracer, type SavedFormat, tracingMethod, writeCalibration } from '@stablesig/core/tracing'
import { autoencoderFiles, checkAutoencoderFiles } from '../../autoencoder.ts'
import { disposing } from '../../disposal.ts'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { autoencoderAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { photographsAt, trainingPhotographs } from '../../photographs.ts'
import { makeProgress } from '../../progress.ts'
import type { calibrateTracer as command } from './command.ts'

export async function run(options: GivenOf<typeof command>, io: Io): Promise<number> {
  const files = autoencoderFiles(options)
  const methods = options.method?.map(tracingMethod) ?? [balanced()]
  await checkAutoencoderFiles(files)
  const paths = await photographsAt(options.images, io)
  return disposing(async (own) => {
    await startEngine(options)
    const autoencoder = own(await autoencoderAt(files))
    const { maxPixels, jpegQuality: quality } = options
    const formats: SavedFormat[] = [{ format: 'png' }]
    if (quality !== undefined) formats.push({ format: 'jpeg', quality })
    const images = trainingPhotographs(paths, maxPixels === undefined ? {} : { maxPixels }, io)
    const progress = makeProgress(imageSet(paths).length, io, options.json)
    const calibration = await calibrateTracer({
      ...{ autoencoder, images, size: options.side, methods, formats, codec: sharpCodec(), signal: io.signal },
      onProgress: ({ imagesDone }) => progress.step(imagesDone, 'photographs'),
    }).finally(() => progress.end())
    await writeFileAtomic(options.out, [new TextEncoder().encode(writeCalibration(calibration))])
    const sets = calibration.sets.map(({ saved, method, width, height, belonging, foreign }) => ({
      ...{ ...saved, method, width, height, belonging: belonging.length },
      foreign: Object.fromEntries(Object.entries(foreign).map(([name, scores]) => [name, scores.length])),
    }))
    if (options.json) io.out(jsonLine({ out: options.out, autoencoder: calibration.autoencoder, sets }))
    else io.out(`${options.out}\n`)
    return EXIT.done
  })
}
