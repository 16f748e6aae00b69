import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import '../ops/gradients.ts'
import { advanceCurriculum, CURRICULUM, parseCurriculum, startCurriculum } from './curriculum.ts'
import { pairInCheckpoint } from './pair-tensors.ts'
import { type PretrainOptions, type PretrainProgress, pretrain } from './pretrain.ts'
import { memoryCheckpoint, stripes } from './testing.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const options = (more: Partial<PretrainOptions> = {}): PretrainOptions => ({
  pictures: stripes(3, 80),
  steps: 3,
  bits: 8,
  architecture: { embedderWidth: 4, widths: [4, 4, 6] },
  batchSize: 1,
  maxReduction: 1.2,
  learningRate: 2e-2,
  curriculum: { startBits: 1 },
  ...more,
})

/** Runs; no tensor may be left. */
async function run(more: Partial<PretrainOptions> = {}) {
  const before = tf.memory().numTensors
  const steps: PretrainProgress[] = []
  try {
    const trained = await pretrain(options({ onStep: (step) => void steps.push(step), ...more }))
    return { ...trained, steps }
  } finally {
    expect(tf.memory().numTensors).toBe(before)
  }
}

const dataOf = (tensors: Awaited<ReturnType<typeof run>>['tensors']) =>
  Object.entries(tensors).map(([name, { shape, data }]) => [name, shape, Array.from(data)])

describe('pretrain', () => {
  test('is the same, bit for bit, when it is stopped and resumed', async () => {
    const attacked = { curriculum: { startBits: 8, startContrast: 1, startLevel: 1 } }
    const whole = await run(attacked)
    const checkpoint = memoryCheckpoint(10)
    const controller = new AbortController()
    const stop = run({
      ...attacked,
      checkpoint,
      signal: controller.signal,
      onStep: ({ step }) => {
        if (step === 2) controller.abort()
      },
    })
    await expect(stop).rejects.toMatchObject({ code: 'aborted' })
    const resumed = await run({ ...attacked, checkpoint })
    expect(resumed.resumedAt).toBe(2)
    expect(whole.steps.map(({ byAttack }) => Object.keys(byAttack).length)).toEqual([1, 1, 1])
    expect(whole.tensors['extractor.head.weight']?.shape).toEqual([8, 6])
    expect(whole.tensors['extractor.half.norm.running_var']?.shape).toEqual([4])
    expect(dataOf(resumed.tensors)).toEqual(dataOf(whole.tensors))
    expect(resumed.curriculum).toEqual(whole.curriculum)
    expect(dataOf((await pairInCheckpoint(checkpoint.bytes!, options())).tensors)).toEqual(dataOf(whole.tensors))
  })

  test('refuses what it cannot train', async () => {
    await expect(run({ bits: 300 })).rejects.toMatchObject({ code: 'bad-argument' })
    await expect(run({ size: 80 })).rejects.toMatchObject({ code: 'bad-argument' })
  })
})

describe('the curriculum', () => {
  const good = (steps: number, accuracy: number) => {
    let at = startCurriculum(CURRICULUM, 48)
    for (let step = 0; step < steps; step++) at = advanceCurriculum(at, accuracy, step, 48, CURRICULUM)
    return at
  }
  test('stands still at chance, and grows to every bit, full contrast and full attacks when bits are read', () => {
    expect(good(2000, 0.5)).toMatchObject({ bits: 12, contrast: 0.05, level: 0, amplitude: 0.15 })
    expect(good(1000, 0.99)).toMatchObject({ bits: 48, level: expect.closeTo(0, 0) })
    expect(good(6000, 0.99)).toMatchObject({ bits: 48, contrast: 1, level: 1, amplitude: 0.04 })
  })
  test('is read back as it was written', () => {
    const at = good(500, 0.97)
    expect(parseCurriculum(JSON.parse(JSON.stringify(at)))).toEqual(at)
    expect(() => parseCurriculum({ ...at, bits: 'many' })).toThrow(/bits/)
  })
})
