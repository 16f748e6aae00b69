import { decode, encode, type UnitImages } from '@stablesig/core'
import { mseOfImages } from '@stablesig/core/metrics'
import { belongsBelow, invertLatent, scoreThreshold, type ThresholdRule } from '@stablesig/core/tracing'
import * as tf from '@tensorflow/tfjs-core'
import type { Topic } from '../topic.ts'
import { argument, must, nchwValues, nhwc, onEngine, valuesOf } from './networks.ts'
import { imagesOf, openTraced, scoresOf } from './tracing-networks.ts'

const runners: Topic['runners'] = {
  async 'latenttracer-invert'(context) {
    const { args, inputs } = context.case
    const autoencoder = await openTraced(context)
    const images = await imagesOf(context)
    const { latents } = autoencoder
    const start = inputs.includes('start') ? nhwc(must(await context.tensors(), 'start')) : undefined
    context.compare(
      'z0',
      await nchwValues(start?.clone() ?? tf.tidy(() => latents.toGenerator(encode(autoencoder, images)))),
    )
    const iterations = argument.number(args.iterations, 'iterations')
    const found = await invertLatent({ autoencoder, images, start, iterations })
    const losses = found.images.flatMap((image) => image.losses)
    context.compare('losses', losses)
    context.compare('lr', found.learningRates)
    context.compare(
      'score',
      found.images.map(({ score }) => score),
    )
    const image = tf.tidy(() => {
      const decoded = decode(autoencoder, latents.fromGenerator(found.lastLatents))
      return tf.clipByValue(decoded, 0, 1) as UnitImages
    })
    context.compare('z', await nchwValues(found.lastLatents.clone()))
    context.compare('loss_after', await valuesOf(mseOfImages(image, images)))
    context.compare('image', await nchwValues(image))
    // The best latent is the one whose loss is the score.
    const best = await valuesOf(mseOfImages(found.reconstructions, images))
    context.compare('score', best)

    const together = await invertLatent({ autoencoder, images, start, iterations, iterationsPerFlush: 7 })
    context.compare(
      'losses',
      together.images.flatMap((image) => image.losses),
    )
    found.dispose()
    together.dispose()
    tf.dispose([images, ...(start ? [start] : [])])
    autoencoder.dispose()
  },
  async 'latenttracer-decide'(context) {
    const threshold = argument.number(context.case.args.threshold, 'threshold')
    const [belonging, other] = [await scoresOf(context, 'belonging'), await scoresOf(context, 'other')]
    const below = (scores: readonly number[]) => scores.map((score) => Number(belongsBelow(score, threshold)))
    context.compare('belongs_belonging', below(belonging))
    context.compare('belongs_other', below(other))
    // As the published evaluation counts: a score on the threshold is right on both sides.
    const misses = belonging.filter((score) => score > threshold).length
    const alarms = other.filter((score) => belongsBelow(score, threshold)).length
    context.compare('counts', [belonging.length - misses, alarms, misses, other.length - alarms])
  },
  async 'latenttracer-threshold'(context) {
    const { rule, alpha } = context.case.args
    const scores = await scoresOf(context, 'belonging')
    const named = argument.text(rule, 'rule') as ThresholdRule
    context.compare('threshold', [scoreThreshold(named, scores, argument.number(alpha, 'alpha'))])
  },
}

export const topic: Topic = { name: 'latenttracer', runners: onEngine(runners) }
