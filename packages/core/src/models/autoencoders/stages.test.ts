import '@tensorflow/tfjs-backend-cpu'
import { noise } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { valueAndGradients } from '../../ops/value-and-gradients.ts'
import { klDecoder } from './kl.ts'
import { klPlan, klShapes } from './kl-plan.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

test('a decoder whose stages are computed again has the same images and gradients', () => {
  const plan = klPlan('decoder', { widths: [4, 8], latentChannels: 4, groups: 2, blocks: 1 })
  const weights: Record<string, tf.Tensor> = {}
  for (const [name, { length: rank, 0: out = 1, 1: into = 1, 2: side = 1 }] of Object.entries(klShapes(plan))) {
    const shape = rank === 1 ? [out] : [side, side, into, out]
    const size = shape.reduce((a, b) => a * b, 1)
    weights[name] = tf.tensor(noise(name, size, rank === 1 ? 0.5 : 1 / Math.sqrt(side * side * into)), shape)
  }
  const decoder = klDecoder(plan, { weights })
  const latents = tf.tensor4d(noise('latents', 2 * 3 * 2 * 4, 1), [2, 3, 2, 4])
  const before = tf.memory().numTensors
  const run = (gradientCheckpointing: boolean) => {
    const { loss, gradients } = valueAndGradients(() => {
      const images = decoder.apply(weights, latents, { gradientCheckpointing })
      return { loss: tf.mean<tf.Scalar>(tf.square(tf.sin(images))), aux: {} }
    }, weights)
    const values = [loss, ...Object.values(gradients)].map((tensor) => Array.from(tensor.dataSync()))
    tf.dispose([loss, gradients])
    return values
  }
  expect(run(true)).toEqual(run(false))
  expect(tf.memory().numTensors).toBe(before)
})
