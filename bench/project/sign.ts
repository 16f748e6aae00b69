import { imageSet } from '@stablesig/backend-node'
import { finetuneDecoder, randomKey } from '@stablesig/core'
import { type Measurement, peakRssMB, significant } from '../measurement.ts'
import type { Options } from '../options.ts'
import { photographs, realAutoencoder, realExtractor, startEngine } from './models.ts'

/** What a signed decoder is to be: share of right bits, and PSNR in dB against unsigned reconstructions. */
const AIM = { bitAccuracy: 0.99, psnr: 28 }
const HELD_BACK = 24

/**
 * Seconds until a decoder is signed as well as `AIM` asks, judged on held-back photographs at `size`: from models in memory to
 * the decoder's weights, with compiling, reading photographs, what is computed once, and every judgement.
 * @throws Error when it was not reached in the recipe's steps
 */
export async function measureSign({ size, keySeed }: Options, data: string): Promise<Measurement> {
  await startEngine()
  const extractor = await realExtractor(data)
  const autoencoder = await realAutoencoder(data)
  const training = imageSet(await photographs(data, 'train'))
  const heldBack = imageSet((await photographs(data, 'val')).slice(0, HELD_BACK))
  const { report } = await finetuneDecoder({
    autoencoder,
    extractor,
    key: randomKey(extractor.bits, { seed: keySeed }),
    images: training,
    recipe: 'fast',
    until: { ...AIM, images: heldBack, size },
  })
  const last = report.until?.judgements.at(-1)
  if (!report.until?.reached || !last)
    throw new Error(`${AIM.bitAccuracy} at ${AIM.psnr} dB was not reached: ${JSON.stringify(last)}`)
  return {
    seconds: report.seconds,
    peakRssMB: peakRssMB(),
    about: {
      steps: last.step,
      bitAccuracy: significant(last.bitAccuracy),
      psnr: significant(last.psnr),
      images: last.images,
      judgingSeconds: significant(report.until.seconds),
    },
  }
}
