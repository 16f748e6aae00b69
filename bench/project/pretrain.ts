import { readImage } from '@stablesig/backend-node'
import { pretrainHidden } from '@stablesig/core/pretraining'
import { type Measurement, median, peakRssMB, significant, TIMED, WARM_UP } from '../measurement.ts'
import type { Options } from '../options.ts'
import { photographs, startEngine } from './models.ts'
import { traceEngine } from './trace.ts'

/**
 * Seconds a step of the published joint pre-training: HiDDeN's watermark encoder and extractor, 48 bits, Lamb, without augmentations, which the peer
 * has none of. Told with it: seconds to compile the step, and the first step's loss, which is that of chance.
 */
export async function measurePretrain({ size, batch }: Options, data: string): Promise<Measurement> {
  const trace = traceEngine()
  await startEngine()
  const seconds: number[] = []
  let firstLoss = Number.NaN
  const paths = await photographs(data, 'train')
  await pretrainHidden({
    pictures: { length: paths.length, read: (index) => readImage(paths[index] ?? '', { size }) },
    ...{ steps: WARM_UP + TIMED, batchSize: batch, size, augmentations: null },
    onStep: (step) => {
      if (step.step === 1) firstLoss = step.loss
      seconds.push(step.seconds)
    },
  })
  const compileSeconds = significant(trace().compileSeconds)
  return {
    seconds: median(seconds.slice(WARM_UP)),
    peakRssMB: peakRssMB(),
    about: { firstLoss: significant(firstLoss), compileSeconds },
  }
}
