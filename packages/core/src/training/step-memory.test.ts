import '@tensorflow/tfjs-backend-cpu'
import { extractorState, noise } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { mse } from '../losses/image.ts'
import { klDecoder } from '../models/autoencoders/kl.ts'
import { klPlan, klShapes } from '../models/autoencoders/kl-plan.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import { asUnit } from '../signal/images.ts'
import type { FinetuneModel, FinetuneState } from '../signing/finetune-step.ts'
import { takeStep, zeros } from '../signing/take-step.ts'
import { flatLayout, flatten } from './flat.ts'
import { adamW } from './optimizers.ts'
import { imageBytes, type StepMemoryOptions, stepMemory } from './step-memory.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const [SIDE, BATCH, BITS] = [8, 2, 4]

/** A KL decoder of random weights, or of none where only its shapes matter. */
function decoderOf(widths: readonly number[], groups: number, fill: boolean) {
  const plan = klPlan('decoder', { widths, latentChannels: 4, groups, blocks: 1 })
  const weights: Record<string, tf.Tensor> = {}
  for (const [name, { length: rank, 0: out = 1, 1: into = 1, 2: side = 1 }] of Object.entries(klShapes(plan))) {
    const shape = rank === 1 ? [out] : [side, side, into, out]
    const size = shape.reduce((a, b) => a * b, 1)
    const std = rank === 1 ? 0.3 : 1 / Math.sqrt(side * side * into)
    weights[name] = fill ? tf.tensor(noise(name, size, std), shape) : tf.zeros(shape)
  }
  return klDecoder(plan, { weights })
}

test('a batch in parts, and stages computed again, take the same step within rounding and leave no tensor', async () => {
  const decoder = decoderOf([4, 8], 2, true)
  const extractor = await loadExtractor(extractorState({ bits: BITS, channels: 4, blocks: 1, prefix: '0.' }))
  const layout = flatLayout(decoder.weights)
  const key = tf.tensor2d([[1, 0, 1, 1]])
  const part = (from: number, to: number) => async () => ({
    latents: tf.tensor4d(noise('z', BATCH * 64, 1).subarray(from * 64, to * 64), [to - from, 4, 4, 4]),
    originals: asUnit(
      tf.tensor4d(noise('x', BATCH * 192, 0.3).subarray(from * 192, to * 192), [to - from, SIDE, SIDE, 3]),
    ),
  })
  const before = tf.memory().numTensors
  const step = async (parts: number, gradientCheckpointing: boolean) => {
    const model: FinetuneModel = {
      ...{ decoder, extractor, layout, imageLoss: mse(), lambdaImage: 0.5, temperature: 10, optimizer: adamW() },
      gradientCheckpointing,
    }
    const state: FinetuneState = {
      weights: flatten(layout, decoder.weights),
      optimizer: { first: zeros(layout), second: zeros(layout) },
    }
    const sources = Array.from({ length: parts }, (_, i) => part((i * BATCH) / parts, ((i + 1) * BATCH) / parts))
    const { state: next, metrics } = await takeStep(model, state, { parts: sources, step: 1, learningRate: 1e-3 }, key)
    const moment = Array.from(next.optimizer.first![0]!.dataSync())
    tf.dispose(next)
    expect(tf.memory().numTensors).toBe(before)
    return { moment, metrics }
  }
  const whole = await step(1, false)
  // After one step the first moment is the gradient.
  const scale = Math.max(...whole.moment.map(Math.abs))
  for (const gradientCheckpointing of [false, true]) {
    const other = await step(BATCH, gradientCheckpointing)
    for (const [i, value] of other.metrics.entries()) expect(value).toBeCloseTo(whole.metrics[i]!, 4)
    for (const [i, value] of other.moment.entries())
      expect(Math.abs(value - whole.moment[i]!)).toBeLessThan(1e-5 * scale)
  }
})

describe('stepMemory', () => {
  const decoder = decoderOf([32, 64, 128, 128], 32, false)
  const choose = async (options: StepMemoryOptions) => {
    const extractor = await loadExtractor(extractorState({ bits: BITS, channels: 8, blocks: 7, prefix: '0.' }))
    const choice = stepMemory(decoder, extractor, { batchSize: 4, size: 128 }, options)
    const bytes = { kept: imageBytes(decoder, extractor, 128, false), again: imageBytes(decoder, extractor, 128, true) }
    extractor.dispose()
    return { choice, ...bytes }
  }

  test('takes the cheapest way that fits', async () => {
    const { choice, kept, again } = await choose({})
    expect(choice).toEqual({ accumulate: 1, gradientCheckpointing: false })
    expect(again).toBeLessThan(kept / 2)
    const chosen = async (memoryBytes: number) => (await choose({ memoryBytes })).choice
    expect(await chosen(2.1 * kept)).toEqual({ accumulate: 2, gradientCheckpointing: false })
    expect(await chosen(1.1 * kept)).toEqual({ accumulate: 4, gradientCheckpointing: false })
    expect(await chosen(1.1 * again)).toEqual({ accumulate: 4, gradientCheckpointing: true })
    expect(await chosen(1)).toEqual({ accumulate: 4, gradientCheckpointing: true })
    expect((await choose({ memoryBytes: 1.1 * kept, gradientCheckpointing: true })).choice.gradientCheckpointing).toBe(
      true,
    )
    expect((await choose({ memoryBytes: 1, accumulate: 2 })).choice).toEqual({
      accumulate: 2,
      gradientCheckpointing: true,
    })
  })

  test('refuses parts of unequal size', async () => {
    for (const accumulate of [0, 3, 1.5, 8])
      await expect(choose({ accumulate })).rejects.toThrow(/divisor of the batch/)
    await expect(choose({ memoryBytes: 0 })).rejects.toThrow(/memoryBytes/)
  })
})
