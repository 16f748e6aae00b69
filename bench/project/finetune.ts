import { imageSet } from '@stablesig/backend-node'
import { finetuneDecoder, randomKey } from '@stablesig/core'
import { type Measurement, median, peakRssMB, TIMED, WARM_UP } from '../measurement.ts'
import type { Options } from '../options.ts'
import { photographs, realAutoencoder, realExtractor, startEngine } from './models.ts'

/**
 * Seconds a fine-tuning step with the published recipe and MSE. There are as many photographs as the warm-up steps take, so
 * that the timed steps find latents and original decodes in the cache, as all but the first epoch of a longer run does.
 */
export async function measureFinetune({ size, batch }: Options, data: string): Promise<Measurement> {
  await startEngine()
  const extractor = await realExtractor(data)
  const paths = await photographs(data, 'train')
  const seconds: number[] = []
  await finetuneDecoder({
    autoencoder: await realAutoencoder(data),
    extractor,
    key: randomKey(extractor.bits, { seed: 'bench' }),
    images: imageSet(paths.slice(0, WARM_UP * batch)),
    size,
    batchSize: batch,
    steps: WARM_UP + TIMED,
    warmup: WARM_UP,
    onStep: (step) => {
      seconds.push(step.seconds)
    },
  })
  return { seconds: median(seconds.slice(WARM_UP)), peakRssMB: peakRssMB() }
}
