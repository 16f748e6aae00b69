import { asUnitImages, finetuneDecoder, type ImageSet, randomKey } from '@stablesig/core'
import { affineScaling } from '@stablesig/core/latents'
import { joinAutoencoder, type LatentEncoder, randomKlDecoder } from '@stablesig/core/models'
import { type Rank, randomNormal, randomUniform } from '@tensorflow/tfjs-core'
import { type Measurement, median, peakRssMB } from '../measurement.ts'
import type { Options } from '../options.ts'
import { realExtractor, startEngine } from './models.ts'

/** Of Stable Diffusion's decoder; what the peer has, too. */
const LATENT_CHANNELS = 4
const LAMBDA = 0.2
/** The first step compiles, and is left out, as the peer's is. */
const UNTIMED = 1

/**
 * Seconds a fine-tuning step of a KL decoder with random weights, from random latents: the peer's loss with the real extractor, by
 * `finetuneDecoder` as a user calls it. An encoder would only run before the first step, so that there is none.
 */
export async function measureFinetuneKl(options: Options, data: string): Promise<Measurement> {
  const { size, batch, widths, steps, gradientCheckpointing, accumulate } = options
  await startEngine()
  const extractor = await realExtractor(data)
  const decoder = randomKlDecoder({ widths, latentChannels: LATENT_CHANNELS })
  const side = size / decoder.downscale
  let drawn = 0
  const encoder: LatentEncoder = {
    ...decoder,
    weights: {},
    stages: [],
    apply: () => randomNormal<Rank.R4>([1, side, side, LATENT_CHANNELS], 0, 1, 'float32', ++drawn),
    dispose() {},
  }
  const images: ImageSet = {
    length: batch,
    read: async (index) => asUnitImages(randomUniform<Rank.R4>([1, size, size, 3], 0, 1, 'float32', index)),
  }
  const seconds: number[] = []
  const { report } = await finetuneDecoder({
    autoencoder: joinAutoencoder(encoder, decoder, affineScaling(1)),
    extractor,
    key: randomKey(extractor.bits, { seed: 'bench' }),
    images,
    preset: 'published',
    lambdaImage: LAMBDA,
    size,
    batchSize: batch,
    steps: UNTIMED + steps,
    // Far from any photograph's, these latents bear small steps only; what a step costs does not depend on its size.
    schedule: () => 1e-6,
    gradientCheckpointing,
    accumulate,
    onStep: (step) => {
      seconds.push(step.seconds)
    },
  })
  return {
    seconds: median(seconds.slice(UNTIMED)),
    peakRssMB: peakRssMB(),
    about: { gradientCheckpointing: report.memory.gradientCheckpointing, accumulate: report.memory.accumulate, steps },
  }
}
