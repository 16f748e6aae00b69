import { imageSet } from '@stablesig/backend-node'
import { evaluateDecoder, finetuneDecoder, randomKey, type UnitImages } from '@stablesig/core'
import { slice } from '@tensorflow/tfjs-core'
import { type Measurement, peakRssMB, significant } from '../measurement.ts'
import type { Options } from '../options.ts'
import { photographs, realAutoencoder, realExtractor, startEngine } from './models.ts'

/** What a signed decoder is to be: share of right bits, and PSNR in dB against unsigned reconstructions. */
const AIM = { minBitAccuracy: 0.99, minPsnr: 28 }
const HELD_BACK = 24

/**
 * Seconds until a decoder is signed as well as `AIM` asks, judged on held-out photographs at `size`: from models in memory to
 * the decoder's weights, with compiling, reading photographs, what is computed once, and every evaluation. `whole`: seconds of
 * all steps of the recipe, and told with them what the decoder is worth, also after half of each picture is cut away.
 * @throws Error when the aim was not reached in twice the recipe's steps
 */
export async function measureSign({ size, preset, whole, keySeed }: Options, data: string): Promise<Measurement> {
  await startEngine()
  const extractor = await realExtractor(data)
  const autoencoder = await realAutoencoder(data)
  const key = randomKey(extractor.bits, { seed: keySeed })
  const training = imageSet(await photographs(data, 'train'))
  const heldOut = imageSet((await photographs(data, 'val')).slice(0, HELD_BACK))
  const models = { autoencoder, extractor, key }
  const { decoder, report } = await finetuneDecoder({
    ...models,
    images: training,
    preset,
    ...(whole ? {} : { earlyStopping: { ...AIM, images: heldOut, size } }),
  })
  const measured = { seconds: report.seconds, peakRssMB: peakRssMB() }
  if (whole) {
    const judge = (attack?: (image: UnitImages) => UnitImages) =>
      evaluateDecoder({ ...models, decoder, images: heldOut, size, ...(attack ? { attack } : {}) })
    const [plain, cropped] = [await judge(), await judge(halfOf)]
    const about = { bitAccuracy: significant(plain.bitAccuracy), psnr: significant(plain.psnr) }
    return {
      ...measured,
      about: { steps: report.stepsDone, ...about, croppedBitAccuracy: significant(cropped.bitAccuracy) },
    }
  }
  const last = report.earlyStopping?.evaluations.at(-1)
  if (!report.earlyStopping?.reached || !last)
    throw new Error(`${AIM.minBitAccuracy} at ${AIM.minPsnr} dB was not reached: ${JSON.stringify(last)}`)
  return {
    ...measured,
    about: {
      steps: last.step,
      bitAccuracy: significant(last.bitAccuracy),
      psnr: significant(last.psnr),
      images: last.images,
      evaluationSeconds: significant(report.earlyStopping.seconds),
    },
  }
}

/** The middle of an image [1,H,W,3], half of its area. */
function halfOf(image: UnitImages): UnitImages {
  const [, height, width] = image.shape
  const [h, w] = [Math.floor(height * Math.SQRT1_2), Math.floor(width * Math.SQRT1_2)]
  const from: [number, number, number, number] = [0, Math.round((height - h) / 2), Math.round((width - w) / 2), 0]
  return slice(image, from, [1, h, w, 3])
}
