import '@tensorflow/tfjs-backend-cpu'
import { extractorState, noise, tinyState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { loadAutoencoder } from '../models/autoencoders/read-autoencoder.ts'
import type { Extractor } from '../models/extractor.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import '../ops/gradients.ts'
import { asUnit } from '../signal/images.ts'
import { keyFromBits } from '../signal/key.ts'
import { evaluateDecoder } from '../signing/evaluate-decoder.ts'
import { finetuneDecoder } from '../signing/finetune.ts'
import { FrozenWork } from '../signing/frozen-work.ts'
import { checkedImages, type ImageSet } from './image-set.ts'

let autoencoder: Autoencoder
let extractor: Extractor
let alive: number
const key = keyFromBits([1, 0, 1, 1])
const SIZE = 16

beforeAll(async () => {
  await tf.setBackend('cpu')
  const shape = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const
  autoencoder = await loadAutoencoder({ encoder: tinyState('encoder', shape), decoder: tinyState('decoder', shape) })
  extractor = await loadExtractor(extractorState({ bits: 4, channels: 4, blocks: 1 }))
})
afterAll(() => {
  autoencoder.dispose()
  extractor.dispose()
})
beforeEach(() => {
  alive = tf.memory().numTensors
  return () => expect(tf.memory().numTensors).toBe(alive)
})

/** A photograph's like: values in [0, 1]. */
const picture = (index: number, shape = [1, SIZE, SIZE, 3]): tf.Tensor =>
  tf.tensor(
    noise(`picture ${index}`, tf.util.sizeFromShape(shape), 0.2).map((x) => Math.min(1, Math.max(0, x + 0.5))),
    shape,
  )
const withValue = (value: number) => () => {
  const values = picture(0).dataSync<'float32'>().slice()
  values[3 * (2 * SIZE + 5) + 1] = value
  return tf.tensor(values, [1, SIZE, SIZE, 3])
}

/** What an image set may give by mistake: the image, its error's code and what that says. */
const MISTAKES: [string, () => unknown, string, RegExp][] = [
  ['8-bit values', () => tf.mul(picture(0), 255), 'bad-image', /expected values in \[0, 1\], found .* to 2\d\d/],
  ['signed values', () => tf.sub(tf.mul(picture(0), 2.2), 1.1), 'bad-image', /found -1\.10 to 1\.10.*signedToUnit/],
  ['NaN', withValue(Number.NaN), 'bad-image', /NaN at row 2, column 5/],
  ['infinity', withValue(Number.NEGATIVE_INFINITY), 'bad-image', /-Infinity at row 2, column 5/],
  ['half the size', () => picture(0, [1, SIZE / 2, SIZE / 2, 3]), 'shape', /8x8 pixels, expected a shorter side of 16/],
  ['twice the size', () => picture(0, [1, SIZE * 2, SIZE * 2, 3]), 'shape', /32x32 pixels/],
  ['no batch axis', () => picture(0, [SIZE, SIZE, 3]), 'shape', /\[16,16,3\], expected \[1, 16, 16, 3\]/],
  ['two at once', () => picture(0, [2, SIZE, SIZE, 3]), 'shape', /expected \[1, 16, 16, 3\]/],
  ['an alpha channel', () => picture(0, [1, SIZE, SIZE, 4]), 'shape', /expected \[1, 16, 16, 3\]/],
  ['channels first', () => picture(0, [1, 3, SIZE, SIZE]), 'shape', /expected \[1, 16, 16, 3\]/],
  ['integers', () => tf.cast(picture(0), 'int32'), 'bad-argument', /int32, expected float32/],
  ['nothing', () => undefined, 'bad-argument', /a tensor.*undefined/],
  ['an array', () => new Float32Array(3), 'bad-argument', /a tensor.*Float32Array/],
]

/** Five pictures, of which one is a mistake. */
const setWith = (make: () => unknown, bad = 3): ImageSet => ({
  length: 5,
  read: async (index) => (index === bad ? tf.tidy(() => make() as tf.Tensor4D) : picture(index)) as never,
})

describe.each(MISTAKES)('%s', (_, make, code, message) => {
  const expected = expect.objectContaining({ code, message: expect.stringMatching(message) })
  const named = expect.objectContaining({ message: expect.stringMatching(/image 3 \(of 5/) })

  const failure = async (work: Promise<unknown>) => {
    const error: unknown = await work.catch((error: unknown) => error)
    expect(error).toEqual(expected)
    expect(error).toEqual(named)
  }

  test('is refused by fine-tuning, before the step that it is for', async () => {
    const steps: number[] = []
    await failure(
      finetuneDecoder({
        ...{ autoencoder, extractor, key, images: setWith(make), size: SIZE, batchSize: 5, steps: 2 },
        onStep: ({ step }) => void steps.push(step),
      }),
    )
    expect(steps).toEqual([])
  })

  test('is refused among held-out images, named or held out', async () => {
    const common = { autoencoder, extractor, key, size: SIZE, batchSize: 1, steps: 1 }
    const earlyStopping = { minPsnr: 99, size: SIZE, evaluateFrom: 1 }
    await failure(
      finetuneDecoder({
        ...common,
        images: setWith(make, -1),
        earlyStopping: { ...earlyStopping, images: setWith(make) },
      }),
    )
  })

  test('is refused by evaluation, and by frozen work', async () => {
    const { decoder } = autoencoder
    await failure(evaluateDecoder({ autoencoder, decoder, extractor, key, images: setWith(make), size: SIZE }))
    const visits = [3]
    const frozen = new FrozenWork({ autoencoder, images: setWith(make), size: SIZE, cacheBytes: 0, visits })
    await failure(frozen.batch(visits))
  })
})

test('an image held out by the run itself is named by its place in the whole set', async () => {
  const images: ImageSet = {
    length: 10,
    read: async (index) =>
      asUnit(tf.tidy(() => (index === 5 ? withValue(Number.NaN)() : picture(index)) as tf.Tensor4D)),
  }
  const common = { autoencoder, extractor, key, images, size: SIZE, batchSize: 1, steps: 1 }
  await expect(
    finetuneDecoder({ ...common, earlyStopping: { minPsnr: 99, size: SIZE, evaluateFrom: 1 } }),
  ).rejects.toThrow(/training image 5 \(of 10, from 0\) holds NaN/)
})

test('what resampling overshoots is a unit image, and a longer side is taken', async () => {
  const wide: ImageSet = {
    length: 1,
    read: async () => asUnit(tf.tidy(() => tf.add(picture(0, [1, SIZE, 2 * SIZE, 3]), -0.2)) as tf.Tensor4D),
  }
  const image = await checkedImages(wide, 'image').read(0, SIZE)
  expect(image.shape).toEqual([1, SIZE, 2 * SIZE, 3])
  image.dispose()
})
