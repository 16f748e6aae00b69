import { join } from 'node:path'
import { centreSquare, readImage, toUnitImages } from '@stablesig/backend-node'
import { asUnitImages, type Extractor, loadExtractor } from '@stablesig/core'
import type { ImageNetImages } from '@stablesig/core/images'
import { messageLoss } from '@stablesig/core/losses'
import { extractLogits, extractorFeatures, extractorLogits, extractorName } from '@stablesig/core/models'
import { whiten } from '@stablesig/core/pretraining'
import { valueAndGradients } from '@stablesig/core/training'
import * as tf from '@tensorflow/tfjs-core'
import type { GoldenContext, Topic } from '../topic.ts'
import { argument, must, nchwValues, nhwc, openBeside, openReal, useEngine, valuesOf } from './networks.ts'

const redundancy = ({ case: { args } }: GoldenContext) => argument.number(args.redundancy, 'redundancy')

/** Goldens' inputs of the bare network are in ImageNet's range already. */
const normalised = (images: tf.Tensor4D) => images as ImageNetImages

/** Logits of 8-bit images [N,3,H,W], one image at a time. */
async function logitsOf(extractor: Extractor, images: tf.Tensor4D): Promise<number[]> {
  const logits: number[] = []
  for (const image of tf.unstack(images)) {
    const one = await asUnitImages(tf.expandDims<tf.Tensor4D>(image))
    logits.push(...(await valuesOf(extractLogits(extractor, one))))
    tf.dispose([image, one])
  }
  images.dispose()
  return logits
}

export const topic: Topic = {
  name: 'extractor',
  runners: {
    async extract(context) {
      await useEngine()
      const { case: golden, tensors, compare } = context
      const state = await openBeside(context, argument.text(golden.args.weights, 'weights'))
      const extractor = await loadExtractor(state, { redundancy: redundancy(context) })
      const x = normalised(nhwc(must(await tensors(), 'x')))
      compare('logits', await valuesOf(extractorLogits(extractor, x)))
      if (golden.outputs.includes('features')) compare('features', await valuesOf(extractorFeatures(extractor, x)))
      x.dispose()
      extractor.dispose()
    },

    async 'extract-gradient'(context) {
      await useEngine()
      const { case: golden, tensors, compare } = context
      const state = await openBeside(context, argument.text(golden.args.weights, 'weights'))
      const extractor = await loadExtractor(state, { redundancy: redundancy(context) })
      const inputs = await tensors()
      const x = normalised(nhwc(must(inputs, 'x')))
      const key = tf.tensor2d(Float32Array.from(must(inputs, 'key').values), [1, extractor.bits])
      const { loss, aux, gradients } = valueAndGradients(
        () => {
          const logits = extractorLogits(extractor, x)
          return {
            loss: messageLoss(logits, key, argument.number(golden.args.temperature, 'temperature')),
            aux: { logits },
          }
        },
        { x },
      )
      compare('loss', await valuesOf(loss))
      compare('logits', await valuesOf(aux.logits))
      compare('grad', await nchwValues(gradients.x as tf.Tensor4D))
      tf.dispose([x, key])
      extractor.dispose()
    },

    async 'checkpoint-keys'({ case: { args }, check }) {
      const stripped = argument.texts(args.stripped, 'stripped')
      for (const [i, name] of argument.texts(args.wrapped, 'wrapped').entries())
        for (const spelled of [name, name.replace('module.', '')])
          check(
            extractorName(spelled) === stripped[i],
            `${spelled} became ${extractorName(spelled)}, not ${stripped[i]}`,
          )
      for (const name of argument.texts(args.ignored, 'ignored'))
        check(extractorName(name) === null, `${name} is another network's, but became ${extractorName(name)}`)
    },

    async 'extract-images'(context) {
      await useEngine()
      const extractor = await loadExtractor(
        await openReal(context, argument.text(context.case.args.weights, 'weights')),
      )
      const images = nhwc(must(await context.tensors(), 'images'), 255)
      context.compare('logits', await logitsOf(extractor, images))
      extractor.dispose()
    },

    async 'extract-files'(context) {
      await useEngine()
      const { args } = context.case
      const extractor = await loadExtractor(await openReal(context, argument.text(args.weights, 'weights')))
      const size = argument.number(args.size, 'size')
      const logits: number[] = []
      for (const file of argument.texts(args.files, 'files')) {
        const image = centreSquare(await readImage(join(`${context.data}`, 'images/val', file)), size)
        logits.push(...(await logitsOf(extractor, toUnitImages([image]))))
      }
      context.compare('logits', logits)
      extractor.dispose()
    },

    async whiten({ case: { args, outputs }, tensors, compare }) {
      const { values } = must(await tensors(), 'features')
      const k = argument.number(args.bits, 'bits')
      const { mean, eigenvalues, weight, bias } = whiten(values, k, {
        scatter: args.scatter === 'sum' ? 'sum' : 'mean',
        gain: args.gain === 'sqrt(k)' ? Math.sqrt(k) : argument.number(args.gain, 'gain'),
        floor: args.floor === undefined ? 0 : argument.number(args.floor, 'floor'),
      })
      const n = values.length / k
      // z = y W^T + b, row by row; then the Gram matrices that no row's sign changes.
      const z = Float64Array.from({ length: n * k }, (_, at) => {
        const [row, r] = [Math.floor(at / k), at % k]
        let sum = bias[r] ?? 0
        for (let j = 0; j < k; j++) sum += (weight[r * k + j] ?? 0) * (values[row * k + j] ?? 0)
        return sum
      })
      const gram = (m: Float64Array, rows: number, columns: number, scale = 1) =>
        Float64Array.from({ length: columns * columns }, (_, at) => {
          const [i, j] = [Math.floor(at / columns), at % columns]
          let sum = 0
          for (let r = 0; r < rows; r++) sum += (m[r * columns + i] ?? 0) * (m[r * columns + j] ?? 0)
          return sum * scale
        })
      const turned = Float64Array.from({ length: n * k }, (_, at) => z[(at % n) * k + Math.floor(at / n)] ?? 0)
      const got: Record<string, Float64Array> = {
        mean,
        eigenvalues,
        weight,
        bias,
        weight_gram: gram(weight, k, k),
        whitened_gram: gram(turned, k, n),
        whitened_covariance: gram(z, n, k, 1 / n),
      }
      for (const name of outputs) compare(name, got[name] ?? [])
    },
  },
}
