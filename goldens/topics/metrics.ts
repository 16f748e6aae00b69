import { keyFromBits } from '@stablesig/core'
import {
  countMatches,
  maxDifference,
  msSsim,
  msSsimTerms,
  psnrOfImages,
  readBits,
  ssim,
  ssimByChannel,
} from '@stablesig/core/metrics'
import * as tf from '@tensorflow/tfjs-core'
import type { GoldenContext, Topic } from '../topic.ts'
import { topic as losses } from './losses.ts'
import { must, nhwc, onEngine, valuesOf } from './networks.ts'

const MEAN = [0.485, 0.456, 0.406]
const STD = [0.229, 0.224, 0.225]

/** A case's two batches of images, as unit images where they are in another range. */
async function pairOf(context: GoldenContext): Promise<[tf.Tensor4D, tf.Tensor4D]> {
  const { args, inputs } = context.case
  const stored = await context.tensors()
  const [first = '', second = ''] = inputs
  const bytes = args.range === 'bytes' || args.data_range === 255 || context.case.op === 'ms_ssim'
  const unit = (name: string): tf.Tensor4D =>
    tf.tidy(() => {
      const x = nhwc(must(stored, name), bytes ? 255 : 1)
      if (args.range === '[-1,1]') return tf.clipByValue(tf.div(tf.add(x, 1), 2), 0, 1)
      if (args.range !== 'imagenet') return x
      const back: tf.Tensor4D = tf.add(tf.mul(x, tf.tensor1d(STD)), tf.tensor1d(MEAN))
      return args.clamp ? tf.clipByValue(back, 0, 1) : back
    })
  return [unit(first), unit(second)]
}

/** The output whose name ends so. */
const output = ({ case: golden }: GoldenContext, role: string): string => `${golden.name}.${role}`

const runners: Topic['runners'] = {
  async psnr(context) {
    const pair = await pairOf(context)
    const values = await valuesOf(psnrOfImages(...pair))
    tf.dispose(pair)
    context.compare(output(context, 'value'), values)
    context.compare(output(context, 'mean'), [values.reduce((a, b) => a + b, 0) / values.length])
  },
  async linf(context) {
    const pair = await pairOf(context)
    const values = await valuesOf(maxDifference(...pair))
    tf.dispose(pair)
    context.compare(
      output(context, 'value'),
      values.map((value) => Math.round(value * 255)),
    )
  },
  async ssim(context) {
    const { window, padding } = context.case.args
    const options = {
      window: window === 'uniform' ? ('uniform' as const) : ('gaussian' as const),
      padding: padding === 'reflect' ? ('reflect' as const) : ('valid' as const),
    }
    const pair = await pairOf(context)
    context.compare(output(context, 'value'), await valuesOf(ssim(...pair, options)))
    context.compare(output(context, 'channels'), await valuesOf(ssimByChannel(...pair, options)))
    tf.dispose(pair)
  },
  async ms_ssim(context) {
    const pair = await pairOf(context)
    context.compare(output(context, 'value'), await valuesOf(msSsim(...pair)))
    context.compare(output(context, 'scales'), await valuesOf(tf.tidy(() => tf.stack(msSsimTerms(...pair), 1))))
    tf.dispose(pair)
  },
  async bit_accuracy(context) {
    const stored = await context.tensors()
    const key = must(stored, 'key').values
    const logits = must(stored, 'logits').values
    const rows = Array.from({ length: logits.length / key.length }, (_, i) =>
      logits.slice(i * key.length, (i + 1) * key.length),
    )
    const bits = rows.map((row) => readBits(row))
    const wanted = keyFromBits(key)
    const matched = bits.map((row) => countMatches(row, wanted))
    const accuracy = matched.map((matches) => matches / key.length)
    const words = matched.map((matches) => Number(matches === key.length))
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
    context.compare(
      output(context, 'bits'),
      bits.flatMap((row) => [...row]),
    )
    context.compare(output(context, 'matched'), matched)
    context.compare(output(context, 'bit_accuracy'), accuracy)
    context.compare(output(context, 'word_accuracy'), words)
    context.compare(output(context, 'mean_bit_accuracy'), [mean(accuracy)])
    context.compare(output(context, 'mean_word_accuracy'), [mean(words)])
  },
  lpips: (context) => losses.runners.lpips?.(context) ?? Promise.reject(new Error('no runner for lpips')),
}

export const topic: Topic = { name: 'metrics', runners: onEngine(runners) }
