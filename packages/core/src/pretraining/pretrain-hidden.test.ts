import '@tensorflow/tfjs-backend-cpu'
import { memorySource, openWeights, writeSafetensors } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import '../ops/gradients.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import { hiddenInCheckpoint } from './hidden-groups.ts'
import { type PretrainHiddenOptions, type PretrainHiddenProgress, pretrainHidden } from './pretrain-hidden.ts'
import { memoryCheckpoint, stripes } from './testing.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const ARCHITECTURE = { channels: 2, encoderBlocks: 1, extractorBlocks: 1, redundancy: 2 }

/** Runs; no tensor may be left. */
async function run(more: Partial<PretrainHiddenOptions> = {}) {
  const before = tf.memory().numTensors
  const steps: PretrainHiddenProgress[] = []
  try {
    const trained = await pretrainHidden({
      ...{ pictures: stripes(3, 80), steps: 3, bits: 8, architecture: ARCHITECTURE },
      ...{ batchSize: 2, size: 64, maxReduction: 1.2, learningRate: 2e-2 },
      onStep: (step) => void steps.push(step),
      ...more,
    })
    return { ...trained, steps }
  } finally {
    expect(tf.memory().numTensors).toBe(before)
  }
}

/** The same run for all tests that only look at it. */
let whole: ReturnType<typeof run>
beforeAll(() => {
  whole = run()
  return whole
})

const dataOf = (tensors: Awaited<ReturnType<typeof run>>['tensors']) =>
  Object.entries(tensors).map(([name, { shape, data }]) => [name, shape, Array.from(data)])

test('is the same, bit for bit, when it is stopped and resumed', async () => {
  const { tensors, accuracy } = await whole
  const checkpoint = memoryCheckpoint(10)
  const controller = new AbortController()
  const stop = run({
    checkpoint,
    signal: controller.signal,
    onStep: ({ step }) => {
      if (step === 2) controller.abort()
    },
  })
  await expect(stop).rejects.toMatchObject({ code: 'aborted' })
  const resumed = await run({ checkpoint })
  expect([resumed.resumedAt, resumed.accuracy]).toEqual([2, accuracy])
  expect(dataOf(resumed.tensors)).toEqual(dataOf(tensors))
  const architecture = { bits: 8, architecture: ARCHITECTURE }
  expect(dataOf((await hiddenInCheckpoint(checkpoint.bytes!, architecture)).tensors)).toEqual(dataOf(tensors))
})

test('tells of each step its loss, bits by augmentation, PSNR and rate; the last step changes least', async () => {
  const { steps } = await whole
  expect(steps.map(({ step }) => step)).toEqual([1, 2, 3])
  for (const { loss, byAttack, psnr, gradientNorm } of steps) {
    expect(loss).toBeGreaterThan(0.3)
    expect(Object.values(byAttack).reduce((sum, { total }) => sum + total, 0)).toBe(16)
    expect(psnr).toBeGreaterThan(10)
    expect(gradientNorm).toBeGreaterThan(0)
  }
  expect(steps[2]!.learningRate).toBeLessThan(steps[1]!.learningRate)
})

test('without augmentations every image is read as it was marked', async () => {
  const { steps } = await run({ augmentations: null, steps: 1 })
  expect(steps.map(({ byAttack }) => Object.keys(byAttack))).toEqual([['none']])
})

test('what it trains opens as an extractor, with the redundancy that it was trained with', async () => {
  const { tensors } = await whole
  const state = await openWeights(memorySource('pair', writeSafetensors(tensors)))
  const extractor = await loadExtractor(state, { redundancy: 2 })
  expect([extractor.bits, extractor.whitened]).toEqual([8, false])
  extractor.dispose()
})

test('refuses what it cannot train', async () => {
  await expect(run({ bits: 300 })).rejects.toMatchObject({ code: 'bad-argument' })
  await expect(run({ size: 80 })).rejects.toMatchObject({ code: 'bad-argument' })
  await expect(run({ architecture: { channels: 0 } })).rejects.toThrow(/channels is 0/)
})
