import { readImage, toUnitImages } from '@stablesig/backend-node'
import { balanced, invertLatent, type TracingMethod, twoPassRatio } from '@stablesig/core/tracing'
import { type Measurement, median, peakRssMB, significant, TIMED, WARM_UP } from '../measurement.ts'
import type { Options } from '../options.ts'
import { photographs, realAutoencoder, startEngine } from './models.ts'
import { traceEngine } from './trace.ts'

/**
 * Seconds to invert a photograph of a batch, all its iterations, once the step has been compiled. Told with it: how many times faster two methods
 * without gradients are, in the same process.
 */
export async function measureInversion(
  { size, batch, steps, iterationsPerFlush }: Options,
  data: string,
): Promise<Measurement> {
  const trace = traceEngine()
  await startEngine()
  const autoencoder = await realAutoencoder(data)
  const paths = (await photographs(data, 'val')).slice(0, batch)
  const images = toUnitImages(await Promise.all(paths.map((path) => readImage(path, { size }))))
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const before = performance.now()
    await work()
    return (performance.now() - before) / 1e3 / batch
  }
  const invert = async (iterations: number) =>
    (await invertLatent({ autoencoder, images, iterations, iterationsPerFlush })).dispose()
  await invert(WARM_UP * iterationsPerFlush)
  const seconds = await timed(() => invert(steps))
  const times = async (method: TracingMethod): Promise<number> => {
    const each: number[] = []
    for (let run = 0; run < WARM_UP + TIMED; run++) each.push(await timed(() => method.score(autoencoder, images)))
    return significant(seconds / median(each.slice(WARM_UP)))
  }
  const about = { twoPassTimes: await times(twoPassRatio()), balancedTimes: await times(balanced()) }
  images.dispose()
  autoencoder.dispose()
  const { compileSeconds, sessions } = trace()
  return {
    ...{ seconds, peakRssMB: peakRssMB() },
    about: { iterations: steps, iterationsPerFlush, ...about, compileSeconds: significant(compileSeconds), sessions },
  }
}
