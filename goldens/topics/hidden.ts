import { type ImageNetImages, imageNetToUnit } from '@stablesig/core/images'
import { justNoticeable } from '@stablesig/core/metrics'
import { batchNorm, byRunningStatistics, embed, hiddenResidual } from '@stablesig/core/models'
import { readFloat32 } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import type { GoldenContext, Topic } from '../topic.ts'
import { argument, must, nchwValues, nhwc, openBeside, useEngine, valuesOf } from './networks.ts'

/** PyTorch's epsilon in HiDDeN's BatchNorm. */
const EPSILON = 1e-3

/** A network of joint training, its tensors in tfjs' order, under its own names. */
async function networkOf(context: GoldenContext, prefix: string): Promise<Record<string, tf.Tensor>> {
  const state = await openBeside(context, argument.text(context.case.args.weights, 'weights'))
  const network: Record<string, tf.Tensor> = {}
  for (const [name, stored] of state.tensors) {
    if (!name.startsWith(prefix) || name.endsWith('num_batches_tracked')) continue
    const tensor = tf.tensor(await readFloat32(stored), [...stored.shape])
    network[name.slice(prefix.length)] = tensor.rank === 4 ? tf.tidy(() => tf.transpose(tensor, [2, 3, 1, 0])) : tensor
  }
  return network
}

/** The encoder's residual of the case's images and messages. */
async function residualOf(context: GoldenContext, linear = false): Promise<tf.Tensor4D> {
  const weights = await networkOf(context, 'encoder.')
  const stored = await context.tensors()
  const { values, shape } = must(stored, 'message')
  const message = tf.tensor2d(Float32Array.from(values), [shape[0] ?? 0, shape[1] ?? 0])
  const images = nhwc(must(stored, 'x')) as ImageNetImages
  return hiddenResidual(weights, images, message, byRunningStatistics(weights, EPSILON), { linear })
}

const runners: Topic['runners'] = {
  async encode(context) {
    const { tanh } = context.case.args
    context.compare('delta', await nchwValues(await residualOf(context, tanh === false)))
  },
  async jnd(context) {
    const images = nhwc(must(await context.tensors(), 'x')) as ImageNetImages
    context.compare('map', await nchwValues(justNoticeable(imageNetToUnit(images))))
  },
  async embed(context) {
    const { args } = context.case
    const images = nhwc(must(await context.tensors(), 'x')) as ImageNetImages
    const marked = embed(images, await residualOf(context), {
      residualScale: argument.number(args.scaling_w, 'scaling_w'),
      imageScale: argument.number(args.scaling_i, 'scaling_i'),
      attenuate: args.jnd === true,
      scaleChannels: args.scale_channels === true,
    })
    context.compare('watermarked', await nchwValues(marked))
  },
  async batchnorm(context) {
    const stored = await context.tensors()
    const vector = (name: string) => tf.tensor1d(Float32Array.from(must(stored, name).values))
    const [x, gradY] = [nhwc(must(stored, 'x')), nhwc(must(stored, 'grad_y'))]
    const [weight, bias] = [vector('weight'), vector('bias')]
    const of = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
      batchNorm(x as tf.Tensor4D, weight as tf.Tensor1D, bias as tf.Tensor1D, EPSILON)
    const { y, mean, variance } = of(x, weight, bias)
    const tracked = must(stored, 'num_batches_tracked').values[0] ?? Number.NaN
    const momentum =
      context.case.args.momentum === null ? 1 / (tracked + 1) : argument.number(context.case.args.momentum, 'momentum')
    const count = x.size / weight.size
    const moved = (name: string, batch: tf.Tensor, factor: number) =>
      tf.tidy(() => tf.add(tf.mul(vector(name), 1 - momentum), tf.mul(batch, momentum * factor)))
    const [newMean, newVariance] = [moved('running_mean', mean, 1), moved('running_var', variance, count / (count - 1))]
    const weights = { 'bn.weight': weight, 'bn.bias': bias, 'bn.running_mean': newMean, 'bn.running_var': newVariance }
    context.compare('y_eval', await nchwValues(byRunningStatistics(weights, EPSILON)('bn', x)))
    context.compare('y', await nchwValues(y))
    const [gradX, gradWeight, gradBias] = tf.grads(
      (x, weight, bias) => of(x as tf.Tensor, weight as tf.Tensor, bias as tf.Tensor).y,
    )([x, weight, bias], gradY)
    context.compare('grad_x', await nchwValues(gradX as tf.Tensor4D))
    context.compare('grad_weight', await valuesOf(gradWeight as tf.Tensor))
    context.compare('grad_bias', await valuesOf(gradBias as tf.Tensor))
    context.compare('new_running_mean', await valuesOf(newMean))
    context.compare('new_running_var', await valuesOf(newVariance))
  },
}

export const topic: Topic = {
  name: 'hidden',
  runners: Object.fromEntries(
    Object.entries(runners).map(([op, run]) => [
      op,
      async (context: GoldenContext) => {
        await useEngine()
        await run(context)
      },
    ]),
  ),
}
