import '@tensorflow/tfjs-backend-cpu'
import { extractorState, noise, tinyState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { loadAutoencoder } from '../models/autoencoders/read-autoencoder.ts'
import type { Extractor } from '../models/extractor.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import '../ops/gradients.ts'
import { memoryCheckpoint } from '../pretraining/testing.ts'
import { asUnit } from '../signal/images.ts'
import { keyFromBits } from '../signal/key.ts'
import type { ImageSet } from '../training/image-set.ts'
import { evaluateDecoder } from './evaluate-decoder.ts'
import { finetuneDecoder } from './finetune.ts'
import { prepareImages } from './prepared-images.ts'

let autoencoder: Autoencoder
let extractor: Extractor
let alive: number
const key = keyFromBits([1, 0, 1, 1])
const SIZE = 16

beforeAll(async () => {
  await tf.setBackend('cpu')
  const shape = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const
  autoencoder = await loadAutoencoder({ encoder: tinyState('encoder', shape), decoder: tinyState('decoder', shape) })
  extractor = await loadExtractor(extractorState({ bits: 4, channels: 4, blocks: 1, prefix: '0.' }))
})
afterAll(() => {
  autoencoder.dispose()
  extractor.dispose()
})
beforeEach(() => {
  alive = tf.memory().numTensors
})
afterEach(() => {
  expect(tf.memory().numTensors).toBe(alive)
})

/** Three pictures, and how often each was read. */
function counted(seed = '') {
  const reads = [0, 0, 0]
  const images: ImageSet = {
    length: 3,
    async read(index, size) {
      reads[index]! += 1
      const values = noise(`${seed} ${index}`, size * size * 3, 0.1).map((x) => x + 0.5)
      return asUnit(tf.tensor4d(values, [1, size, size, 3]))
    },
  }
  return { reads, images }
}

test('held-out images are read once, by a training that stops at them and the evaluation after it', async () => {
  const { reads, images } = counted()
  const heldOut = prepareImages({ autoencoder, images, size: SIZE })
  const { decoder, report } = await finetuneDecoder({
    ...{ autoencoder, extractor, key, images: counted('training').images, size: SIZE, batchSize: 1, steps: 2 },
    earlyStopping: { minPsnr: 99, evaluateEvery: 1, evaluateFrom: 1, maxSteps: 2, images: heldOut },
  })
  const evaluated = await evaluateDecoder({ autoencoder, decoder, extractor, key, images: heldOut })
  expect(reads).toEqual([1, 1, 1])
  const last = report.earlyStopping!.evaluations.at(-1)!
  expect(evaluated).toMatchObject({ matches: last.matches, total: last.total, psnr: last.psnr })
  const anew = await evaluateDecoder({ autoencoder, decoder, extractor, key, images, size: SIZE })
  expect(anew).toEqual(evaluated)
  decoder.dispose()
})

test('a run with a checkpoint reads each of its images once, though it looks at the first batch before', async () => {
  const { reads, images } = counted()
  const { decoder } = await finetuneDecoder({
    ...{ autoencoder, extractor, key, images, size: SIZE, batchSize: 1, steps: 5 },
    checkpoint: memoryCheckpoint(2),
  })
  expect(reads).toEqual([1, 1, 1])
  decoder.dispose()
})

test('one that could not be read is tried again', async () => {
  const { images } = counted()
  let fails = true
  const prepared = prepareImages({
    autoencoder,
    images: {
      length: 3,
      read: (index, size) => (fails ? Promise.reject(new Error('gone')) : images.read(index, size)),
    },
  })
  await expect(prepared.prepare(0)).rejects.toThrow('gone')
  fails = false
  expect((await prepared.prepare(0)).original.shape).toEqual([1, 256, 256, 3])
})

test('what was prepared for another autoencoder, or at another size, is refused', async () => {
  const prepared = prepareImages({ autoencoder, images: counted().images, size: SIZE })
  const given = { autoencoder, decoder: autoencoder.decoder, extractor, key, images: prepared }
  await expect(evaluateDecoder({ ...given, size: 32 })).rejects.toThrow(/prepared at 16 pixels, and size is 32/)
  await expect(evaluateDecoder({ ...given, autoencoder: { ...autoencoder } })).rejects.toThrow(/another autoencoder/)
  const training = { ...{ autoencoder, extractor, key, images: counted().images, size: SIZE, batchSize: 1, steps: 1 } }
  const earlyStopping = { minPsnr: 1, images: prepared, size: 32 }
  await expect(finetuneDecoder({ ...training, earlyStopping })).rejects.toMatchObject({ code: 'bad-argument' })
})
