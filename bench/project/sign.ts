import { imageSet, sharpCodec } from '@stablesig/backend-node'
import { finetuneDecoder, randomKey } from '@stablesig/core'
import { evaluate } from '@stablesig/core/evaluation'
import { prepareImages } from '@stablesig/core/training'
import { type Measurement, peakRssMB, significant } from '../measurement.ts'
import type { Options } from '../options.ts'
import { photographs, realAutoencoder, realExtractor, startEngine } from './models.ts'

const HELD_BACK = 24
/** Told of with the seconds: a time is worth nothing without what it made. */
const ATTACKS = { none: 'none', crop: 'crop:0.5', combined: 'crop:0.5+brightness:2+jpeg:80' } as const

/**
 * Seconds to sign a decoder with all steps of a recipe: from models in memory to the decoder's weights, with compiling, reading
 * photographs and what is computed once. What it is worth is told with them, on held-out photographs at `size` through 8-bit pictures.
 */
export async function measureSign({ size, preset, keySeed }: Options, data: string): Promise<Measurement> {
  await startEngine()
  const extractor = await realExtractor(data)
  const autoencoder = await realAutoencoder(data)
  const key = randomKey(extractor.bits, { seed: keySeed })
  const training = imageSet(await photographs(data, 'train'))
  const heldOut = imageSet((await photographs(data, 'val')).slice(0, HELD_BACK))
  const { decoder, report } = await finetuneDecoder({ autoencoder, extractor, key, images: training, preset })
  const memory = peakRssMB()
  const rows = await evaluate({
    ...{ autoencoder, extractor, codec: sharpCodec(), attacks: Object.values(ATTACKS) },
    images: prepareImages({ autoencoder, images: heldOut, size }),
    decoders: { length: 1, open: async () => ({ key, decoder }) },
  })
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const bits = Object.keys(ATTACKS).map((name, i) => {
    const matches = rows.map(({ marked }) => marked[i] ?? Number.NaN)
    return [name, significant(mean(matches) / key.length)] as const
  })
  return {
    seconds: report.seconds,
    peakRssMB: memory,
    about: {
      steps: report.stepsDone,
      psnr: significant(mean(rows.map(({ psnr }) => psnr))),
      ssim: significant(mean(rows.map(({ ssim }) => ssim))),
      ...Object.fromEntries(bits),
      images: rows.length,
    },
  }
}
