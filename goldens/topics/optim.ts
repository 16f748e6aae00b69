import {
  adam,
  adamW,
  halving,
  lamb,
  type Optimizer,
  pretrainCosine,
  type Schedule,
  sgd,
  warmupCosine,
} from '@stablesig/core/training'
import * as tf from '@tensorflow/tfjs-core'
import type { GoldenCase, GoldenTensor, Topic } from '../topic.ts'
import { argument, must, useEngine } from './networks.ts'

function optimizerOf({ args }: GoldenCase): Optimizer {
  const weightDecay = argument.number(args.weight_decay, 'weight_decay')
  if (args.rule === 'sgd')
    return sgd({ momentum: argument.number(args.momentum, 'momentum'), weightDecay, nesterov: args.nesterov === true })
  const [first = 0, second = 0] = argument.numbers(args.betas, 'betas')
  const options = { betas: [first, second] as const, epsilon: argument.number(args.eps, 'eps'), weightDecay }
  if (args.rule === 'adam') return adam(options)
  if (args.rule === 'adamw') return adamW(options)
  if (args.rule === 'lamb')
    return lamb({ ...options, maxGradientNorm: argument.number(args.max_grad_norm, 'max_grad_norm') })
  throw new Error(`no optimiser is called ${args.rule}`)
}

function scheduleOf({ args }: GoldenCase): Schedule {
  const number = (name: string) => argument.number(args[name], name)
  const base = number('base')
  if (args.rule === 'finetune')
    return warmupCosine({ steps: number('steps'), warmup: number('warmup'), base, floor: number('min') })
  if (args.rule === 'pretrain')
    return pretrainCosine({
      epochs: number('epochs'),
      warmup: number('warmup'),
      base,
      start: number('start'),
      floor: number('min'),
    })
  if (args.rule === 'latenttracer') return halving(base)
  throw new Error(`no schedule is called ${args.rule}`)
}

/** The four tensors, as they are or laid end to end in one. */
type Layout = (tensors: Float32Array[]) => Float32Array[]
const apart: Layout = (tensors) => tensors
const flat: Layout = (tensors) => [Float32Array.from(tensors.flatMap((values) => [...values]))]

export const topic: Topic = {
  name: 'optim',
  runners: {
    async optimizer({ case: golden, tensors, compare }) {
      await useEngine()
      const stored = await tensors()
      const names = golden.outputs.map((name) => name.replace('.after', ''))
      const optimizer = optimizerOf(golden)
      for (const layout of optimizer.elementwise ? [apart, flat] : [apart]) {
        const after = await trajectory(
          golden,
          optimizer,
          names.map((name) => [must(stored, name), must(stored, `${name}.grad`)]),
          layout,
        )
        for (const [i, name] of golden.outputs.entries()) compare(name, after[i] ?? [])
      }
    },
    async schedule({ case: golden, tensors, compare }) {
      const { values } = must(await tensors(), 'lr')
      const rate = scheduleOf(golden)
      compare(
        'lr',
        values.map((_, step) => rate(step)),
      )
    },
  },
}

/** Parameters after each step, one step after the other, by tensor. */
async function trajectory(
  golden: GoldenCase,
  optimizer: Optimizer,
  given: [GoldenTensor, GoldenTensor][],
  layout: Layout,
) {
  const sizes = given.map(([start]) => start.values.length)
  const steps = (given[0]?.[1].values.length ?? 0) / (sizes[0] ?? 1)
  const rates =
    typeof golden.args.lr === 'number' ? Array(steps).fill(golden.args.lr) : argument.numbers(golden.args.lr, 'lr')
  const tensorsOf = (values: Float32Array[]) => layout(values).map((part) => tf.tensor1d(part))
  let parameters: tf.Tensor[] = tensorsOf(given.map(([start]) => Float32Array.from(start.values)))
  let state = optimizer.init(parameters)
  const after: number[][] = sizes.map(() => [])
  for (let step = 0; step < steps; step++) {
    const gradients = tensorsOf(
      given.map(([, g], i) => Float32Array.from(g.values.slice(step * (sizes[i] ?? 0), (step + 1) * (sizes[i] ?? 0)))),
    )
    const updated = optimizer.update(parameters, gradients, state, {
      step: step + 1,
      learningRate: rates[step] ?? Number.NaN,
    })
    tf.dispose([parameters, gradients, state])
    ;({ parameters, state } = updated)
    const values = (await Promise.all(parameters.map((p) => p.data()))).flatMap((part) => [...part])
    for (const [i, size] of sizes.entries()) after[i]?.push(...values.splice(0, size))
  }
  tf.dispose([parameters, state])
  return after
}
