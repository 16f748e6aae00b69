import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { randomKlDecoder, randomKlEncoder } from '../../models/autoencoders/random.ts'
import { type Segment, segmentsOf } from './segments.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const SHAPE = { widths: [4, 8, 12], latentChannels: 2, groups: 2 }
const sketch = ({ stages, whole, unitIn, unitOut, reach, unitBytes, channels }: Segment) => ({
  from: stages[0]!.name,
  to: stages.at(-1)!.name,
  ...{ whole, unitIn, unitOut, reach, unitBytes, channels },
})

test('a decoder is cut before each upsampling, an encoder after each downsampling', () => {
  const decoder = randomKlDecoder(SHAPE)
  const encoder = randomKlEncoder(SHAPE)
  const up = segmentsOf(decoder.stages, decoder.weights, 2, 10, 10, 1e9).map(sketch)
  expect(up).toEqual([
    // Attention: 5 layers of 12 floats a position.
    {
      ...{ from: 'post_quant_conv', to: 'up.2.block.2', whole: true, unitIn: 1, unitOut: 1 },
      ...{ reach: 11, unitBytes: 240, channels: 12 },
    },
    // Seven convolutions at twice the resolution: four units to each side.
    {
      ...{ from: 'up.2.upsample', to: 'up.1.block.2', whole: false, unitIn: 1, unitOut: 2 },
      ...{ reach: 4, unitBytes: 960, channels: 8 },
    },
    {
      ...{ from: 'up.1.upsample', to: 'conv_out', whole: false, unitIn: 1, unitOut: 2 },
      ...{ reach: 4, unitBytes: 640, channels: 3 },
    },
  ])
  const down = segmentsOf(encoder.stages, encoder.weights, 3, 40, 40, 1e9).map(sketch)
  expect(down).toEqual([
    {
      ...{ from: 'conv_in', to: 'down.0.downsample', whole: false, unitIn: 2, unitOut: 1 },
      ...{ reach: 3, unitBytes: 320, channels: 4 },
    },
    {
      ...{ from: 'down.1.block.0', to: 'down.1.downsample', whole: false, unitIn: 2, unitOut: 1 },
      ...{ reach: 3, unitBytes: 640, channels: 8 },
    },
    {
      ...{ from: 'down.2.block.0', to: 'quant_conv', whole: true, unitIn: 1, unitOut: 1 },
      ...{ reach: 9, unitBytes: 240, channels: 4 },
    },
  ])
  decoder.dispose()
  encoder.dispose()
})

test('what would hand on too much is joined, and nothing with attention', () => {
  const decoder = randomKlDecoder(SHAPE)
  const cut = (handedBytes: number) => segmentsOf(decoder.stages, decoder.weights, 2, 10, 10, handedBytes).map(sketch)
  // 20 x 20 positions of 8 floats go from the second segment to the third.
  expect(cut(4 * 400 * 8)).toHaveLength(3)
  expect(cut(4 * 400 * 8 - 1).slice(1)).toEqual([
    {
      ...{ from: 'up.2.upsample', to: 'conv_out', whole: false, unitIn: 1, unitOut: 4 },
      // The finer one's four units are two of the coarser.
      ...{ reach: 6, unitBytes: 2560, channels: 3 },
    },
  ])
  expect(cut(1)).toHaveLength(2)
  decoder.dispose()
})
