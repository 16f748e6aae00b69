import { imageSet } from '@stablesig/backend-node'
import { finetuneDecoder, randomKey } from '@stablesig/core'
import { type Measurement, median, peakRssMB, significant, WARM_UP } from '../measurement.ts'
import type { Options } from '../options.ts'
import { modelsOf, photographs, startEngine } from './models.ts'
import { traceEngine } from './trace.ts'

/**
 * Seconds a fine-tuning step with the published recipe and MSE. There are as many photographs as the warm-up steps take, so
 * that the timed steps find latents and original decodes in the cache, as all but the first epoch of a longer run does.
 * Told with it: seconds to compile the step, compiles and sessions kept in all, memory held at a tenth of the steps and after
 * the last.
 */
export async function measureFinetune(options: Options, data: string): Promise<Measurement> {
  const { size, batch, steps } = options
  const trace = traceEngine()
  await startEngine()
  const models = modelsOf(options, data)
  const extractor = await models.extractor()
  const paths = await photographs(data, 'train')
  const seconds: number[] = []
  const rssMB: number[] = []
  await finetuneDecoder({
    autoencoder: await models.autoencoder(),
    extractor,
    key: randomKey(extractor.bits, { seed: 'bench' }),
    images: imageSet(paths.slice(0, WARM_UP * batch)),
    preset: 'published',
    size,
    batchSize: batch,
    steps,
    warmup: WARM_UP,
    onStep: (step) => {
      seconds.push(step.seconds)
      rssMB.push(Math.round(process.memoryUsage.rss() / 2 ** 20))
    },
  })
  const { compileSeconds, compiles, sessions } = trace()
  const early = Math.max(1, Math.round(steps / 10))
  return {
    seconds: median(seconds.slice(WARM_UP)),
    peakRssMB: peakRssMB(),
    about: {
      compileSeconds: significant(compileSeconds),
      compiles,
      sessions,
      [`rssMBAfterStep${early}`]: rssMB[early - 1] ?? 0,
      [`rssMBAfterStep${steps}`]: rssMB.at(-1) ?? 0,
    },
  }
}
