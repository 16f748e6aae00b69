import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { OnnxBackend } from '../backend/backend.ts'
import type { FlushReport } from '../backend/report.ts'
import { passNames } from '../passes/index.ts'
import { useOnnx } from '../testing/engines.ts'
import { tilingOf } from './winograd-pieces.ts'

interface Layer {
  readonly x: readonly [n: number, h: number, w: number, channels: number]
  readonly outputs: number
  readonly pad: 'same' | 'valid'
  /** How far off a value may be, for the largest; 2e-5 where nothing is said. */
  readonly within?: number
}

const layers: readonly Layer[] = [
  // Several pieces of two lanes; several of one, since 33 rows of tiles make no pairs.
  { x: [2, 112, 112, 64], outputs: 64, pad: 'same' },
  { x: [3, 44, 240, 64], outputs: 72, pad: 'same' },
  { x: [2, 16, 16, 128], outputs: 128, pad: 'same' },
  { x: [2, 16, 17, 144], outputs: 128, pad: 'same' },
  { x: [1, 25, 26, 128], outputs: 160, pad: 'valid' },
  // Tiles of six results a side, where results come out even; of the gradient by inputs of 50 rows, of four.
  { x: [2, 48, 90, 64], outputs: 64, pad: 'same' },
  { x: [1, 50, 50, 64], outputs: 48, pad: 'valid', within: 3e-5 },
]

const withoutTiles = passNames.filter((name) => name !== 'winograd')
const operators: Record<string, number>[] = []
const onFlush = (report: FlushReport) => void operators.push({ ...report.operators })

/** Result and both gradients of a convolution, and the operators that gave them. */
async function results({ x, outputs, pad }: Layer, engine: string, trained: boolean) {
  await tf.setBackend(engine)
  operators.length = 0
  const [image, filter] = [
    tf.randomNormal<tf.Rank.R4>([...x], 0, 1, 'float32', 1),
    tf.randomNormal<tf.Rank.R4>([3, 3, x[3], outputs], 0, 1, 'float32', 2),
  ]
  const backend = tf.backend()
  if (!trained && backend instanceof OnnxBackend) backend.hints.markConstant(filter.dataId)
  const { value, grads } = tf.valueAndGrads((a, b) =>
    tf.sum(tf.square(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, pad))),
  )([image, filter])
  const y = tf.conv2d(image, filter, 1, pad)
  const all = [y, ...grads, tf.reshape(value, [1])]
  const values = await tf.concat(all.map((t) => tf.reshape(t, [-1]))).data<'float32'>()
  const starts = all.map((_, i) => all.slice(0, i).reduce((sum, { size }) => sum + size, 0))
  return {
    parts: all.map(({ size }, i) => values.slice(starts[i], starts[i]! + size)),
    convolutions: operators.reduce((sum, { Conv = 0 }) => sum + Conv, 0),
  }
}

describe('by tiles a convolution of many channels and its gradients', () => {
  beforeAll(async () => {
    await useOnnx({ name: 'onnx-tiles', onFlush })
    await useOnnx({ name: 'onnx-plain', onFlush, passes: withoutTiles })
  })

  test.each(layers)('are what they are without, for %j', async (layer) => {
    const tiles = await results(layer, 'onnx-tiles', true)
    const plain = await results(layer, 'onnx-plain', true)
    expect(tiles.convolutions).toBe(0)
    expect(plain.convolutions).toBeGreaterThan(0)
    for (const [i, part] of tiles.parts.entries()) {
      const expected = plain.parts[i]!
      const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
      const off = part.reduce((most, v, at) => Math.max(most, Math.abs(v - expected[at]!)), 0)
      expect(off / largest).toBeLessThan(layer.within ?? 2e-5)
    }
  })

  test('a filter that is not trained goes so if it is small, since it is kept several times as large', async () => {
    const frozen = async (channels: number) =>
      (await results({ x: [2, 16, 16, channels], outputs: channels, pad: 'same' }, 'onnx-tiles', false)).convolutions
    expect(await frozen(64)).toBe(0)
    expect(await frozen(160)).toBeGreaterThan(0)
  })
})

describe('tiles', () => {
  const sides = (size: readonly [number, number], channels: number) => {
    const { tall, wide } = tilingOf({ batch: 1, size, inputs: channels, outputs: channels })
    return [tall.tile, wide.tile]
  }

  test.each([
    { size: [256, 256], channels: 64, expected: [4, 6] },
    { size: [384, 384], channels: 64, expected: [6, 6] },
    { size: [32, 32], channels: 64, expected: [4, 4] },
    { size: [48, 48], channels: 512, expected: [4, 4] },
  ] as const)('of $size with $channels channels are of $expected results', ({ size, channels, expected }) => {
    expect(sides(size, channels)).toEqual(expected)
  })
})
