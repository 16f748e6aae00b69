import { checkOutputFile, sharpCodec, writeFileAtomic } from '@stablesig/backend-node'
import {
  balanced,
  type CalibrateTracerOptions,
  calibrateCandidates,
  calibrateTracer,
  type SavedFormat,
  type TracerCalibration,
  tracingMethod,
  writeCalibration,
  writeCandidatesCalibration,
} from '@stablesig/core/tracing'
import { AUTOENCODER_16 } from '@stablesig/models'
import { autoencodersOf, checkAutoencoderFiles } from '../../autoencoder.ts'
import { disposing } from '../../disposal.ts'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { autoencodersAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { heldOutPhotographs, photographsAt } from '../../photographs.ts'
import { makeProgress } from '../../progress.ts'
import { standIn } from '../../shipped.ts'
import type { calibrateTracer as command } from './command.ts'

export async function run(options: GivenOf<typeof command>, io: Io): Promise<number> {
  const isNamed = (options.autoencoder ?? options.encoder ?? options.decoder) !== undefined
  const ours = () => ({ ...options, autoencoder: [standIn('autoencoder', AUTOENCODER_16, 'the autoencoder is', io)] })
  const all = autoencodersOf(isNamed ? options : ours(), io)
  const methods = options.method?.map(tracingMethod) ?? [balanced()]
  for (const { files } of all) await checkAutoencoderFiles(files)
  await checkOutputFile(options.out)
  const paths = await photographsAt(options.images, io)
  return disposing(async (own) => {
    await startEngine(options)
    const named = await autoencodersAt(all, own)
    const { maxPixels, jpegQuality = [], jpegSubsampling: subsampling } = options
    const jpegs = [...new Set(jpegQuality)].map((quality) => ({ format: 'jpeg', quality, subsampling }) as const)
    const formats: SavedFormat[] = [{ format: 'png' }, ...jpegs]
    // Of what cannot be read no other photograph is counted in its place: p-values are ranks among different ones.
    const reading = maxPixels === undefined ? {} : { maxPixels }
    const images = await heldOutPhotographs(paths, reading, options.side, io)
    const rounds = named.length === 1 ? 1 : named.length + 1
    const progress = makeProgress(rounds * images.length, io, options.json)
    const shared = {
      ...{ images, size: options.side, methods, formats, codec: sharpCodec(), signal: io.signal },
      onProgress: ({ imagesDone }) => progress.step(imagesDone, 'photographs'),
    } satisfies Omit<CalibrateTracerOptions, 'autoencoder'>
    const { text, summary } = await calibrated().finally(() => progress.end())
    await writeFileAtomic(options.out, [new TextEncoder().encode(text)])
    io.out(options.json ? jsonLine({ out: options.out, ...summary }) : `${options.out}\n`)
    return EXIT.done

    async function calibrated(): Promise<{ readonly text: string; readonly summary: object }> {
      const [first, ...others] = named
      if (first && others.length === 0) {
        const calibration = await calibrateTracer({ ...shared, autoencoder: first.autoencoder })
        return { text: writeCalibration(calibration), summary: summaryOf(calibration) }
      }
      const calibration = await calibrateCandidates({ ...shared, candidates: named })
      const candidates = calibration.tracers.map((tracer, i) => ({ name: named[i]?.name, ...summaryOf(tracer) }))
      const siblings = calibration.siblings.sets.map(({ saved, width, height, residuals }) => ({
        ...{ ...saved, width, height, images: residuals[0]?.length },
      }))
      return { text: writeCandidatesCalibration(calibration), summary: { candidates, siblings } }
    }
  })
}

/** Numbers of images in place of their scores. */
const summaryOf = ({ autoencoder, sets }: TracerCalibration) => ({
  autoencoder,
  sets: sets.map(({ saved, method, width, height, belonging, foreign }) => ({
    ...{ ...saved, method, width, height, belonging: belonging.length },
    foreign: Object.fromEntries(Object.entries(foreign).map(([name, scores]) => [name, scores.length])),
  })),
})
