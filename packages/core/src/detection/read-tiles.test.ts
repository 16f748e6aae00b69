import '@tensorflow/tfjs-backend-cpu'
import { lightExtractorState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { StableSigError } from '../errors.ts'
import { extractLogits } from '../inference/graphs.ts'
import type { Extractor } from '../models/extractor.ts'
import { hiddenNetwork } from '../models/hidden/extractor.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import { asUnit } from '../signal/images.ts'
import { tiledLogits } from './read-tiles.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

describe('tiles', () => {
  const CHANNELS = 4
  const BITS = 8

  function extractorOf(convolutions: number): Extractor {
    const weights: Record<string, tf.Tensor> = {
      'head.weight': tf.randomNormal([BITS, BITS], 0, 1, 'float32', 50),
      'head.bias': tf.randomNormal([BITS], 0, 1, 'float32', 51),
    }
    for (let i = 0; i < convolutions; i++) {
      const [into, out] = [i === 0 ? 3 : CHANNELS, i === convolutions - 1 ? BITS : CHANNELS]
      weights[`conv${i}.weight`] = tf.randomNormal([3, 3, into, out], 0, 0.4, 'float32', 2 * i)
      weights[`conv${i}.bias`] = tf.randomNormal([out], 0, 0.5, 'float32', 2 * i + 1)
    }
    const dispose = () => tf.dispose(weights)
    return { bits: BITS, network: hiddenNetwork(convolutions, CHANNELS), whitened: false, weights, dispose }
  }

  test.each([
    [70, 95],
    [36, 61],
    [64, 33],
  ])('of a %ix%i image give what the whole gives, and leave no tensor', async (height, width) => {
    const extractor = extractorOf(3)
    const image = tf.randomUniform<tf.Rank.R4>([1, height, width, 3], 0, 1, 'float32', 9)
    const before = tf.memory().numTensors
    const whole = extractLogits(extractor, asUnit(image))
    const expected = await whole.data()
    whole.dispose()
    // A budget below any tile: 38 pixels a side, of which 32 count.
    const found = await tiledLogits(extractor, image, 1)
    expect(found.length).toBe(BITS)
    found.forEach((logit, i) => {
      expect(Math.abs(logit - expected[i]!)).toBeLessThan(2e-5 * (1 + Math.abs(expected[i]!)))
    })
    expect(tf.memory().numTensors).toBe(before)
    image.dispose()
    extractor.dispose()
  })

  test.each([
    [176, 165],
    [152, 161],
  ])('of a %ix%i image give what the whole gives where resolutions are halved', async (height, width) => {
    const extractor = await loadExtractor(lightExtractorState({ bits: 8, widths: [4, 4, 8] }))
    const image = tf.randomUniform<tf.Rank.R4>([1, height, width, 3], 0, 1, 'float32', 9)
    const before = tf.memory().numTensors
    const whole = extractLogits(extractor, asUnit(image))
    const expected = await whole.data()
    whole.dispose()
    const found = await tiledLogits(extractor, image, 1)
    found.forEach((logit, i) => {
      expect(Math.abs(logit - expected[i]!)).toBeLessThan(2e-5 * (1 + Math.abs(expected[i]!)))
    })
    expect(tf.memory().numTensors).toBe(before)
    image.dispose()
    extractor.dispose()
  })

  test('stop between two when asked to', async () => {
    const extractor = extractorOf(1)
    const image = tf.zeros<tf.Rank.R4>([1, 64, 64, 3])
    const before = tf.memory().numTensors
    await expect(tiledLogits(extractor, image, 1, AbortSignal.abort())).rejects.toThrow(StableSigError)
    expect(tf.memory().numTensors).toBe(before)
    image.dispose()
    extractor.dispose()
  })
})
