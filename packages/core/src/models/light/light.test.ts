import '@tensorflow/tfjs-backend-cpu'
import { lightExtractorState } from '@stablesig/testing/networks'
import type { StateDict, StateTensor } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import '../../ops/gradients.ts'
import { extractLogits } from '../../inference/graphs.ts'
import { asUnit, unitToImageNet } from '../../signal/images.ts'
import { extractorFeatures } from '../extractor.ts'
import { NORM_EPSILON } from '../fold.ts'
import { byRunningStatistics } from '../normalise.ts'
import { readWeights } from '../read.ts'
import { describeExtractor, loadExtractor } from '../read-extractor.ts'
import { withWhitening } from '../whitened.ts'
import { lightActivations } from './network.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const widths = [4, 6, 8] as const
const image = (height: number, width: number) => asUnit(tf.randomUniform([1, height, width, 3], 0, 1, 'float32', 5))
const without = (state: StateDict, name: string): StateDict => ({
  ...state,
  tensors: new Map([...state.tensors].filter(([key]) => key !== name)),
})

describe('the light extractor', () => {
  test('reads as the network that is trained, on running statistics, and leaves no tensor', async () => {
    const before = tf.memory().numTensors
    const state = lightExtractorState({ bits: 8, widths, prefix: 'extractor.', whiten: false })
    const stored = new Map([...state.tensors].map(([name, tensor]) => [name.replace('extractor.', ''), tensor]))
    const foreign = new Map([...stored.keys()].map((name) => [name, name]))
    const weights = await readWeights('test', {
      tensors: stored,
      foreign,
      mapping: { name: 'test', pairs: [] },
      prefix: '',
    })
    const extractor = await loadExtractor(state)
    const x = image(40, 48)
    const apart = tf.tidy(() => {
      const bySuffix = byRunningStatistics(
        Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name.replace('.norm.', '.'), tensor])),
        NORM_EPSILON,
      )
      // The norm's scale stands where the convolution's kernel would by that name: kernels are taken from the weights themselves.
      const interior = tf.slice(lightActivations(weights, unitToImageNet(x), bySuffix), [0, 1, 1, 0], [1, 3, 4, -1])
      const pooled = tf.mean(interior, [1, 2]) as tf.Tensor2D
      return tf.add(tf.matMul(pooled, weights['head.weight'] as tf.Tensor2D, false, true), weights['head.bias']!)
    })
    const logits = extractLogits(extractor, x)
    const [expected, found] = [await apart.data(), await logits.data()]
    expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-4)
    tf.dispose([apart, logits, x, weights])
    extractor.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  test('is described beside its watermark encoder, with what is missing', () => {
    const state = lightExtractorState({ bits: 16, widths, prefix: 'extractor.', whiten: true })
    const encoder = state.tensors.get('extractor.head.bias') as StateTensor
    const pair = { ...state, tensors: new Map([...state.tensors, ['embedder.out.bias', encoder] as const]) }
    const { names, ...about } = describeExtractor(pair)
    expect(about).toEqual({
      ...{ layout: 'light extractor', prefix: 'extractor.', architecture: 'light', bits: 16, convolutions: 9 },
      ...{ channels: 8, redundancy: 1, whitened: true, missing: [], unexpected: [], wrong: [] },
    })
    expect(names.size).toBe(9 * 5 + 4)
    const torn = without(pair, 'extractor.half.norm.bias')
    expect(describeExtractor(torn).missing).toEqual(['extractor.half.norm.bias'])
  })

  test('is refused where a tensor is missing', async () => {
    const torn = without(lightExtractorState({ bits: 8, widths }), 'widen.norm.running_var')
    await expect(loadExtractor(torn)).rejects.toThrow(/widen\.norm\.running_var/)
  })

  test('takes a whitening layer, and features stay what they were', async () => {
    const plain = await loadExtractor(lightExtractorState({ bits: 4, widths, whiten: false }))
    const swap = [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0]
    const whitened = await withWhitening(plain, { weight: swap, bias: [0, 0, 0, 1] })
    const x = image(33, 47)
    const [a, b, c] = await Promise.all(
      tf.tidy(() => [
        extractLogits(plain, x).dataSync(),
        extractLogits(whitened, x).dataSync(),
        extractorFeatures(whitened, unitToImageNet(x)).dataSync(),
      ]),
    )
    expect(Math.abs(b![0]! - a![1]!)).toBeLessThan(1e-5)
    expect(Math.abs(b![3]! - a![2]! - 1)).toBeLessThan(1e-5)
    expect(Math.max(...c!.map((value, i) => Math.abs(value - a![i]!)))).toBeLessThan(1e-6)
    x.dispose()
    plain.dispose()
    whitened.dispose()
  })
})
