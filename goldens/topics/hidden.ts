import { type ImageNetImages, imageNetToUnit } from '@stablesig/core/images'
import { justNoticeable } from '@stablesig/core/metrics'
import { batchNorm, byRunningStatistics, embed, hiddenResidual } from '@stablesig/core/models'
import { type HiddenModel, type HiddenState, hiddenStep } from '@stablesig/core/pretraining'
import { lamb } from '@stablesig/core/training'
import { readFloat32 } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import type { GoldenContext, Topic } from '../topic.ts'
import { argument, must, nchwValues, nhwc, onEngine, openBeside, valuesOf } from './networks.ts'

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
  'train-hidden': (context) => train(context),
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

/** The published joint training, three steps from a new pair of networks. */
async function train(context: GoldenContext): Promise<void> {
  const { args, outputs } = context.case
  const number = (name: string) => argument.number(args[name], name)
  const [beta1 = 0, beta2 = 0] = argument.numbers(args.betas, 'betas')
  const optimizer = lamb({
    betas: [beta1, beta2],
    epsilon: number('eps'),
    weightDecay: number('weight_decay'),
    maxGradientNorm: number('max_grad_norm'),
  })
  const network = await networkOf(context, '')
  const isStatistic = (name: string) => /running_(mean|var)$/.test(name)
  const pick = (wanted: boolean) =>
    Object.fromEntries(Object.entries(network).filter(([name]) => isStatistic(name) === wanted))
  const stored = await context.tensors()
  const images = nhwc(must(stored, 'x')) as ImageNetImages
  const { values, shape } = must(stored, 'message')
  const message = tf.tensor2d(Float32Array.from(values), [shape[0] ?? 0, shape[1] ?? 0])
  const model: HiddenModel = {
    redundancy: number('redundancy'),
    optimizer,
    momentum: number('bn_momentum'),
    embed: {
      residualScale: number('scaling_w'),
      imageScale: number('scaling_i'),
      attenuate: args.jnd === true,
      scaleChannels: args.scale_channels === true,
    },
  }
  let state: HiddenState = { weights: pick(false), statistics: pick(true), optimizer: {} }
  state = { ...state, optimizer: optimizer.init(Object.values(state.weights)) }
  const found: Record<string, number[]> = { loss: [], grad_norm: [], logits: [], checksums: [] }
  const record = async (name: string, tensor: tf.Tensor) => found[name]?.push(...(await tensor.data()))
  for (let step = 1; step <= number('steps'); step++) {
    const taken = hiddenStep(model, state, images, message, { step, learningRate: number('lr') })
    await record('loss', taken.loss)
    await record('grad_norm', taken.gradientNorm)
    await record('logits', taken.logits)
    tf.dispose(state)
    ;({ state } = taken)
    for (const name of argument.texts(args.checksums, 'checksums')) {
      const tensor = state.weights[name]
      if (!tensor) throw new Error(`no weight is called ${name}`)
      await record('checksums', tf.sum(tensor))
      await record('checksums', tf.norm(tensor))
    }
  }
  for (const [name, got] of Object.entries(found)) context.compare(name, got)
  for (const name of outputs.filter((one) => one.startsWith('final.'))) {
    const tensor = { ...state.weights, ...state.statistics }[name.slice('final.'.length)]
    if (!tensor) throw new Error(`no tensor is called ${name}`)
    context.compare(name, await valuesOf(tensor.rank === 4 ? tf.transpose(tensor, [3, 2, 0, 1]) : tf.clone(tensor)))
  }
  tf.dispose([state, images, message])
}

export const topic: Topic = { name: 'hidden', runners: onEngine(runners) }
