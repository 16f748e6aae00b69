import { type PretrainProgress, pretrain } from '@stablesig/core/pretraining'
import { memory } from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { ready } from './ready.ts'

beforeAll(async () => {
  await ready()
})

/** Pictures of soft stripes. */
const pictures = {
  length: 4,
  read: async (index: number) => ({
    width: 96,
    height: 96,
    data: Uint8Array.from({ length: 96 * 96 * 3 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % 96, Math.floor(i / (3 * 96))]
      return 128 + 100 * Math.sin(0.1 * (index + 1) * x + 0.05 * y + (i % 3))
    }),
  }),
}

function checkpointAt(every: number) {
  let stored: Uint8Array | null = null
  return {
    every,
    read: async () => stored,
    write: async (bytes: Uint8Array) => {
      stored = bytes
    },
  }
}

test('a pair learns on the compiled engine, through attacks too, and resumes bit for bit', {
  timeout: 180_000,
}, async () => {
  const before = memory().numTensors
  const options = {
    pictures,
    steps: 60,
    bits: 8,
    batchSize: 8,
    architecture: { embedderWidth: 16, widths: [8, 16, 16] as const },
    curriculum: { startBits: 4, atOnce: 4 },
    learningRate: 1e-2,
  }
  const losses: number[] = []
  const whole = await pretrain({ ...options, onStep: ({ loss }) => void losses.push(loss) })
  const mean = (some: number[]) => some.reduce((a, b) => a + b, 0) / some.length
  expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)) - 0.2)

  const hard = { ...options, steps: 8, curriculum: { startBits: 8, startContrast: 1, startLevel: 1 } }
  const attacks = new Set<string>()
  const straight = await pretrain({
    ...hard,
    onStep({ byAttack }) {
      for (const name of Object.keys(byAttack)) attacks.add(name)
    },
  })
  expect(attacks.size).toBeGreaterThan(5)
  const checkpoint = checkpointAt(3)
  const controller = new AbortController()
  const stopAt = ({ step }: PretrainProgress) => void (step === 5 && controller.abort())
  const stopped = pretrain({ ...hard, checkpoint, signal: controller.signal, onStep: stopAt })
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
  const resumed = await pretrain({ ...hard, checkpoint })
  expect(resumed.resumedAt).toBe(5)
  for (const [name, { data }] of Object.entries(straight.tensors)) expect(resumed.tensors[name]?.data).toEqual(data)
  expect(Object.keys(whole.tensors)).toEqual(Object.keys(straight.tensors))
  expect(memory().numTensors).toBe(before)
})
