import '@tensorflow/tfjs-backend-cpu'
import { stateOf } from '@stablesig/testing/networks'
import { toFloat32 } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import '../ops/gradients.ts'
import { advanceCurriculum, CURRICULUM, parseCurriculum, startCurriculum } from './curriculum.ts'
import { unlearntBits } from './growing-message.ts'
import { drawMessages, pairMessages } from './messages.ts'
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

  test('goes on from a pair, at the curriculum’s end', async () => {
    const { tensors } = await run()
    const valuesOf = (name: string, from: typeof tensors) => toFloat32(from[name]!.data, 'float32')
    const start = stateOf(
      Object.fromEntries(
        Object.entries(tensors).map(([name, { shape }]) => [name, [[...shape], valuesOf(name, tensors)] as const]),
      ),
    )
    const still = await run({ start, steps: 1, learningRate: 1e-9 })
    expect(still.curriculum).toMatchObject({ bits: 8, contrast: 1, level: 1, amplitude: CURRICULUM.endAmplitude })
    for (const name of Object.keys(tensors).filter((name) => !name.includes('running')))
      for (const [i, value] of valuesOf(name, tensors).entries())
        expect(valuesOf(name, still.tensors)[i]).toBeCloseTo(value, 6)
    const torn = { ...start, tensors: new Map([...start.tensors].filter(([name]) => name !== 'extractor.head.bias')) }
    await expect(run({ start: torn })).rejects.toThrow(/extractor\.head\.bias of \[8\] is expected, found none/)
  })

  test('refuses what it cannot train', async () => {
    await expect(run({ bits: 300 })).rejects.toMatchObject({ code: 'bad-argument' })
    await expect(run({ size: 80 })).rejects.toMatchObject({ code: 'bad-argument' })
  })
})

describe('the curriculum', () => {
  const after = (steps: number, accuracy: number) => {
    let at = startCurriculum(CURRICULUM, 48)
    for (let step = 0; step < steps; step++)
      at = advanceCurriculum(at, new Array<number>(48).fill(accuracy), step, CURRICULUM)
    return at
  }
  test('stands still at chance, and grows to every bit, full contrast and full attacks when bits are read', () => {
    expect(after(2000, 0.5)).toMatchObject({ bits: 8, contrast: 0.1, level: 0, amplitude: 0.15 })
    expect(unlearntBits(after(2000, 0.5))).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(after(700, 0.99)).toMatchObject({ bits: 48, level: 0 })
    expect(unlearntBits(after(700, 0.99))).toEqual([])
    expect(after(6000, 0.99)).toMatchObject({ bits: 48, contrast: 1, level: 1, amplitude: 0.05 })
  })
  test('takes bits in while fewer than so many are not learnt, whatever the others are', () => {
    let at = startCurriculum(CURRICULUM, 48)
    const half = Array.from({ length: 48 }, (_, bit) => (bit % 2 ? 0.5 : 1))
    for (let step = 0; step < 3000; step++) at = advanceCurriculum(at, half, step, CURRICULUM)
    expect(unlearntBits(at)).toEqual([1, 3, 5, 7, 9, 11, 13, 15])
    expect(at.bits).toBe(16)
  })
  test('is read back as it was written', () => {
    const at = after(500, 0.97)
    expect(parseCurriculum(JSON.parse(JSON.stringify(at)), 48)).toEqual(at)
    expect(() => parseCurriculum({ ...at, bits: 'many' }, 48)).toThrow(/bits/)
    expect(() => parseCurriculum(at, 47)).toThrow(/no message of 47 bits/)
  })
})

test('paired messages differ in the bits that are being learnt alone', () => {
  const messages = drawMessages(1, 2, 5, 8)
  const paired = pairMessages(messages, 8, [0, 3])
  const row = (of: Float32Array, i: number) => [...of.slice(8 * i, 8 * i + 8)]
  for (const i of [0, 1]) {
    expect(row(paired, i)).toEqual(row(messages, i))
    expect(row(paired, i + 2)).toEqual(row(messages, i).map((bit, b) => (b === 0 || b === 3 ? 1 - bit : bit)))
  }
  expect(row(paired, 4)).toEqual(row(messages, 4))
  expect(pairMessages(messages, 8, [])).toBe(messages)
})
