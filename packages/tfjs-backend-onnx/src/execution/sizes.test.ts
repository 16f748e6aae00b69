import * as tf from '@tensorflow/tfjs-core'
import { beforeEach, describe, expect, test } from 'vitest'
import type { OnnxBackend } from '../backend/backend.ts'
import type { FlushReport } from '../backend/report.ts'
import { useOnnx } from '../testing/engines.ts'

/** Sizes [N,H,W] in the order in which a network meets them. */
const sizes = [
  [1, 9, 7],
  [1, 12, 16],
  [3, 8, 8],
  [1, 40, 33],
  [2, 9, 7],
] as const

describe('networks that take images of any size', () => {
  let backend: OnnxBackend
  const reports: FlushReport[] = []
  let filter: tf.Tensor4D
  beforeEach(async () => {
    backend = await useOnnx({ name: 'onnx-sizes', onFlush: (report) => reports.push(report) })
    reports.length = 0
    filter = tf.randomNormal<tf.Rank.R4>([3, 3, 3, 16], 0, 1, 'float32', 1)
    backend.hints.markConstant(filter.dataId)
  })

  /** Convolution, activation and mean over positions: nothing in it depends on the size. */
  const network = (x: tf.Tensor4D) =>
    tf.tidy(() =>
      tf.mean(tf.mean(tf.relu(tf.conv2d(tf.sub(x, tf.tensor1d([0.1, 0.2, 0.3])), filter, 1, 'same')), 2), 1),
    )

  const run = async (sizesMet: readonly (readonly [number, number, number])[], seed: number) => {
    const results: number[][] = []
    for (const [n, h, w] of sizesMet) {
      const x = tf.randomNormal<tf.Rank.R4>([n, h, w, 3], 0, 1, 'float32', seed)
      const y = network(x)
      results.push(Array.from(await y.data()))
      tf.dispose([x, y])
    }
    return results
  }

  test('share one session from the second size on', async () => {
    const before = backend.memory().sessions
    await run(sizes, 2)
    expect(reports.map((r) => r.compileReason !== null)).toEqual([true, true, false, false, false])
    expect(backend.memory().sessions - before).toBe(2)
    filter.dispose()
  })

  test('give what the tfjs CPU backend gives', async () => {
    const got = await run(sizes, 3)
    const values = await filter.data<'float32'>()
    filter.dispose()
    await tf.setBackend('cpu')
    filter = tf.tensor4d(values, [3, 3, 3, 16])
    const want = await run(sizes, 3)
    filter.dispose()
    for (const [i, row] of got.entries()) row.forEach((value, k) => void expect(value).toBeCloseTo(want[i]![k]!, 5))
  })

  test('have tiles for the first size alone', async () => {
    const wide = tf.randomNormal<tf.Rank.R4>([3, 3, 64, 64], 0, 1, 'float32', 5)
    backend.hints.markConstant(wide.dataId)
    for (const side of [32, 40, 48, 32]) {
      const x = tf.randomNormal<tf.Rank.R4>([1, side, side, 64], 0, 1, 'float32', side)
      const y = tf.tidy(() => tf.mean(tf.mean(tf.relu(tf.conv2d(x, wide, 1, 'same')), 2), 1))
      await y.data()
      tf.dispose([x, y])
    }
    wide.dispose()
    expect(reports.map((r) => r.compileReason !== null)).toEqual([true, true, false, false])
    expect(reports.map(({ operators }) => [operators.Scan ?? 0, operators.Conv ?? 0])).toEqual([
      [1, 0],
      [0, 1],
      [0, 1],
      [1, 0],
    ])
    filter.dispose()
  })

  test('are compiled for each size where a size is part of the network', async () => {
    for (const size of [4, 5, 6]) {
      const x = tf.ones([size, size])
      const y = tf.tidy(() => tf.reshape(tf.exp(tf.transpose(tf.add(x, tf.range(0, size)))), [size * size]))
      await y.data()
      tf.dispose([x, y])
    }
    expect(reports.map((r) => r.compileReason !== null)).toEqual([true, true, true])
    filter.dispose()
  })

  test('keep a bounded number of structures', async () => {
    const many = Array.from({ length: 120 }, (_, i) => [1, 8 + i, 8] as const)
    await run(many, 4)
    expect(backend.memory().sessions).toBeLessThanOrEqual(24)
    expect(reports.filter((r) => r.compileReason !== null).length).toBeLessThanOrEqual(2)
    filter.dispose()
  })
})
