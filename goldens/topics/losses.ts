import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  absoluteDistance,
  blockCosine,
  blockFourier,
  blockRowFourier,
  lpips,
  lpipsLayers,
  messageCosine,
  messageLoss,
  messageSquares,
  readLpipsHeads,
  readMasking,
  readPhaseMasking,
  readVgg,
  readWatsonDct,
  readWatsonDft,
  readWatsonVgg,
  rgbToYcbcr,
  shiftedWindow,
  squaredDistance,
  ssimDistance,
  vggFeatures,
  watsonDct,
  watsonDctOf,
  watsonDft,
  watsonDftOf,
  watsonVgg,
} from '@stablesig/core/losses'
import { memorySource, openWeights, type StateDict } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import type { GoldenContext, Topic } from '../topic.ts'
import { argument, must, nchwValues, nhwc, onEngine, valuesOf } from './networks.ts'

/** A distance of two batches of images, one value each. */
type Distance = (input: tf.Tensor4D, target: tf.Tensor4D) => tf.Tensor1D

/** The case's file as a model's: names begin with `prefix`, which is taken off. */
async function stateOf({ case: golden, folder }: GoldenContext, prefix: string): Promise<StateDict> {
  const state = await openWeights(memorySource(golden.file, await readFile(join(folder, golden.file))))
  const tensors = [...state.tensors].filter(([name]) => name.startsWith(prefix))
  return { ...state, tensors: new Map(tensors.map(([name, tensor]) => [name.slice(prefix.length), tensor])) }
}

/** Compares a distance's value and its gradient by the first image, reduced as the case says. */
async function compareDistance(context: GoldenContext, distance: Distance): Promise<void> {
  const { case: golden, compare } = context
  const { args, inputs, outputs } = golden
  const stored = await context.tensors()
  const [first = '', second = ''] = inputs
  const input = nhwc(must(stored, first))
  const target = nhwc(must(stored, second))
  const total = (x: tf.Tensor4D): tf.Scalar =>
    tf.tidy(() => {
      const each = distance(x, target)
      const { reduction } = args
      if (reduction === 'sum') return tf.mul(tf.sum(each), x.size / x.shape[0])
      if (reduction === 'mean' || reduction === 'batchmean') return tf.mean(each)
      return tf.sum(each)
    })
  const factor = (args.range === '[-1,1]' ? 4 : 1) / (args.divide_by_batch ? input.shape[0] : 1)
  const scaled = (x: tf.Tensor4D): tf.Scalar => tf.tidy(() => tf.mul(total(x), factor))
  const valueName = outputs.find((name) => name.endsWith('.value')) ?? ''
  const gradName = outputs.find((name) => name.endsWith('.grad')) ?? ''
  const value = ['none', undefined].includes(args.reduction as string | undefined)
    ? distance(input, target)
    : scaled(input)
  compare(valueName, await valuesOf(value))
  compare(gradName, await nchwValues(tf.grad((x: tf.Tensor) => scaled(x as tf.Tensor4D))(input) as tf.Tensor4D))
  tf.dispose([input, target])
}

/** The same for a message loss, whose gradient is by the logits. */
async function compareMessage(context: GoldenContext, loss: (logits: tf.Tensor2D, key: tf.Tensor2D) => tf.Scalar) {
  const { case: golden, compare } = context
  const stored = await context.tensors()
  const [logits, key] = golden.inputs.map((name) => {
    const { shape, values } = must(stored, name)
    return tf.tensor2d(Float32Array.from(values), shape as [number, number])
  })
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => loss(x as tf.Tensor2D, key as tf.Tensor2D))(
    logits as tf.Tensor2D,
  )
  for (const name of golden.outputs) compare(name, await valuesOf(name.endsWith('.grad') ? grad : value))
  tf.dispose([logits, key])
}

const one = async (context: GoldenContext): Promise<tf.Tensor4D> => {
  const [name = ''] = context.case.inputs
  return nhwc(must(await context.tensors(), name))
}

/** Prefix of the parameters among a case's inputs: 'rgb.' of 'rgb.ly.alpha'. */
const prefixOf = ({ case: golden }: GoldenContext): string => `${golden.inputs[2]?.split('.')[0]}.`

const shifted = (context: GoldenContext, distance: Distance): Distance => {
  const { shift_rows: rows, shift_cols: columns } = context.case.args
  if (rows === undefined) return distance
  const at = [argument.number(rows, 'shift_rows') - 4, argument.number(columns, 'shift_cols') - 4] as const
  return (x, y) => distance(shiftedWindow(x, ...at), shiftedWindow(y, ...at))
}

const form = ({ case: golden }: GoldenContext) =>
  golden.args.fft === '1d' ? ('code' as const) : ('published' as const)

/** [N,H/8,W/8,K] -> the goldens' [N,blocks,…], which is the same order. */
const blocks = async (context: GoldenContext, tensors: readonly tf.Tensor4D[]) => {
  const values = await Promise.all(tensors.map(valuesOf))
  const [first = new Float32Array()] = values
  const woven = Float32Array.from(
    { length: first.length * values.length },
    (_, i) => values[i % values.length]?.[Math.floor(i / values.length)] ?? Number.NaN,
  )
  context.compare(context.case.outputs[0] ?? '', woven)
}

type Runner = (context: GoldenContext) => Promise<void>

const runners: Record<string, Runner> = {
  mse: (context) => compareDistance(context, squaredDistance),
  l1: (context) => compareDistance(context, absoluteDistance),
  ssim_loss: (context) => compareDistance(context, ssimDistance),
  bce_with_logits: (context) =>
    compareMessage(context, (logits, key) =>
      messageLoss(logits, key, argument.number(context.case.args.temperature, 'temperature')),
    ),
  message_mse: (context) =>
    compareMessage(context, (logits, key) =>
      messageSquares(logits, key, argument.number(context.case.args.temperature, 'temperature')),
    ),
  message_cossim: (context) => compareMessage(context, messageCosine),
  async rgb_to_ycbcr(context) {
    context.compare(context.case.outputs[0] ?? '', await nchwValues(rgbToYcbcr(await one(context))))
  },
  async watson_shift(context) {
    const { shift_rows: rows, shift_cols: columns } = context.case.args
    const moved = shiftedWindow(
      await one(context),
      argument.number(rows, 'rows') - 4,
      argument.number(columns, 'columns') - 4,
    )
    context.compare(context.case.outputs[0] ?? '', await nchwValues(moved))
  },
  async block_rfft2(context) {
    const { real, imaginary } = blockFourier(await one(context))
    await blocks(context, [real, imaginary])
  },
  async block_rfft1(context) {
    const { real, imaginary } = blockRowFourier(await one(context))
    await blocks(context, [real, imaginary])
  },
  async block_dct(context) {
    await blocks(context, [blockCosine(await one(context))])
  },
  async watson_dft(context) {
    const masking = await readPhaseMasking(await stateOf(context, prefixOf(context)), '')
    await compareDistance(context, (x, y) => watsonDftOf(x, y, masking, form(context)))
  },
  async watson_dft_rgb(context) {
    const parameters = await readWatsonDft(await stateOf(context, prefixOf(context)))
    await compareDistance(
      context,
      shifted(context, (x, y) => watsonDft(x, y, parameters, form(context))),
    )
  },
  async watson_dct(context) {
    const masking = await readMasking(await stateOf(context, prefixOf(context)), '', 64)
    await compareDistance(context, (x, y) => watsonDctOf(x, y, masking))
  },
  async watson_dct_rgb(context) {
    const parameters = await readWatsonDct(await stateOf(context, prefixOf(context)))
    await compareDistance(
      context,
      shifted(context, (x, y) => watsonDct(x, y, parameters)),
    )
  },
  async vgg_features(context) {
    const vgg = await readVgg(await stateOf(context, ''))
    const features = vggFeatures(vgg, await one(context))
    for (const [i, name] of context.case.outputs.entries())
      context.compare(name, await nchwValues(features[i] as tf.Tensor4D))
    tf.dispose(vgg)
  },
  async watson_vgg(context) {
    const { inputs } = context.case
    const state = await stateOf(context, '')
    const vgg = await readVgg(inputs.some((name) => name.startsWith('dead.')) ? withDeadBiases(state) : state)
    const initial = inputs.includes('initial.beta') ? 'initial.' : ''
    const widths = [2, 7, 14, 21, 28].map((place) => vgg[`${place}.bias`]?.size ?? 0)
    const parameters = await readWatsonVgg(state, widths, initial)
    await compareDistance(context, (x, y) => watsonVgg(x, y, vgg, parameters))
    tf.dispose(vgg)
  },
  async lpips(context) {
    const state = await stateOf(context, '')
    const [vgg, heads] = [await readVgg(state), await readLpipsHeads(state)]
    const stored = await context.tensors()
    const [input, target] = ['input', 'target'].map((name) => nhwc(must(stored, name))) as [tf.Tensor4D, tf.Tensor4D]
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => tf.sum(lpips(x as tf.Tensor4D, target, vgg, heads)))(
      input,
    )
    value.dispose()
    context.compare('lpips.value', await valuesOf(lpips(input, target, vgg, heads)))
    // The golden's gradient is by images on [-1, 1].
    context.compare('lpips.grad', await nchwValues(tf.div(grad, 2)))
    context.compare('lpips.layers', await valuesOf(lpipsLayers(input, target, vgg, heads)))
    tf.dispose([vgg, heads, input, target, grad])
  },
}

/** The weights with the biases that leave positions without a living channel. */
function withDeadBiases(state: StateDict): StateDict {
  const tensors = new Map(state.tensors)
  for (const [name, tensor] of state.tensors)
    if (name.startsWith('dead.')) tensors.set(name.replace('dead.', 'vgg.'), tensor)
  return { ...state, tensors }
}

export const topic: Topic = { name: 'losses', runners: onEngine(runners) }
