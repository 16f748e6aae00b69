import { openFile, readTextFile } from '@stablesig/backend-node'
import { type ImageFormat, readCalibration, traceImage, tracingMethod } from '@stablesig/core/tracing'
import { autoencoderFiles, checkAutoencoderFiles } from '../../autoencoder.ts'
import { type Io, jsonLine } from '../../io.ts'
import { autoencoderAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { eachImage } from '../each-image.ts'
import type { trace as command } from './command.ts'

/** Bytes of a calibration, at most. */
const MAX_BYTES = 32 * 2 ** 20

export async function run(options: GivenOf<typeof command>, io: Io): Promise<number> {
  const files = autoencoderFiles(options)
  for (const name of [options.method, options.second]) if (name !== undefined) tracingMethod(name)
  await checkAutoencoderFiles(files)
  const text = await readTextFile(options.calibration, MAX_BYTES)
  const calibration = readCalibration(text, { name: options.calibration })
  return eachImage(options, io, async (own) => {
    await startEngine(options)
    const autoencoder = own(await autoencoderAt(files))
    const { method, second, alpha, searchGrid, extrapolate } = options
    return {
      async read(image, file) {
        const saved = await formatOf(file, options.jpegQuality)
        const asked = { autoencoder, calibration, saved, method, second, alpha, searchGrid, extrapolate }
        return [{ ok: true, value: await traceImage(image, { ...asked, signal: io.signal }) }]
      },
      tell(file, traced) {
        const { verdict, pBelongs, pForeign, likestForeign, extrapolates } = traced
        const p = (value: typeof pBelongs) =>
          `${value.p.toExponential(2)}${value.extrapolated ? ' (extrapolated)' : ''}`
        io.out(
          options.json
            ? jsonLine({ file, ...traced })
            : `${file}\t${verdict}\tp-value foreign ${p(pForeign)}\tp-value belongs ${p(pBelongs)}\tlikest ${likestForeign}` +
                `${extrapolates.length ? `\textrapolates ${extrapolates.join(', ')}` : ''}\n`,
        )
        return verdict === 'belongs'
      },
    }
  })
}

/** How a file was saved, by how it begins; the quality of a JPEG is what is said on the command line. */
async function formatOf(file: string, quality: number | undefined): Promise<ImageFormat> {
  const source = await openFile(file)
  try {
    const [first, second] = await source.read(0, Math.min(2, source.size))
    return first === 0xff && second === 0xd8 ? { format: 'jpeg', quality } : { format: 'png' }
  } finally {
    await source.close()
  }
}
