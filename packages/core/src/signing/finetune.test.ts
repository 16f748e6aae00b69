import '@tensorflow/tfjs-backend-cpu'
import { extractorState, noise, tinyState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mse } from '../losses/image.ts'
import type { Autoencoder, LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import { loadAutoencoder } from '../models/autoencoders/read-autoencoder.ts'
import type { Extractor } from '../models/extractor.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import '../ops/gradients.ts'
import type { Weights } from '../models/weights.ts'
import { memoryCheckpoint } from '../pretraining/testing.ts'
import { asUnit } from '../signal/images.ts'
import { keyFromBits } from '../signal/key.ts'
import { batchOrder } from '../training/order.ts'
import { evaluateDecoder } from './evaluate-decoder.ts'
import { finetuneDecoder } from './finetune.ts'
import type { FinetuneOptions } from './finetune-options.ts'
import type { FinetuneProgress } from './finetune-report.ts'

let autoencoder: Autoencoder
let extractor: Extractor
const key = keyFromBits([1, 0, 1, 1])

/** Five pictures of noise. */
const images = {
  length: 5,
  read: async (index: number, size: number) =>
    asUnit(
      tf.tensor4d(
        noise(`image ${index}`, size * size * 3, 0.2).map((v) => v + 0.5),
        [1, size, size, 3],
      ),
    ),
}

beforeAll(async () => {
  await tf.setBackend('cpu')
  const shape = { width: 4, latentChannels: 4, pooled: true, spelling: 'taesd' } as const
  autoencoder = await loadAutoencoder({ encoder: tinyState('encoder', shape), decoder: tinyState('decoder', shape) })
  extractor = await loadExtractor(extractorState({ bits: 4, channels: 4, blocks: 1, prefix: '0.', whiten: true }))
})
afterAll(() => {
  autoencoder.dispose()
  extractor.dispose()
})

const options = (more: Partial<FinetuneOptions> = {}): FinetuneOptions => ({
  autoencoder,
  extractor,
  key,
  images,
  size: 16,
  batchSize: 2,
  steps: 5,
  warmup: 1,
  learningRate: 2e-3,
  lambdaImage: 0.5,
  preset: 'published',
  ...more,
})

const valuesOf = (weights: Weights) => Object.values(weights).map((tensor) => Array.from(tensor.dataSync()))

/** Runs, and gives weights as numbers; no tensor may be left. */
async function run(more: Partial<FinetuneOptions> = {}) {
  const before = tf.memory().numTensors
  const steps: FinetuneProgress[] = []
  const { decoder, report } = await finetuneDecoder(options({ onStep: (step) => void steps.push(step), ...more }))
  const values = valuesOf(decoder.weights)
  decoder.dispose()
  expect(tf.memory().numTensors).toBe(before)
  return { values, steps, report }
}

async function expectRefusal(more: Partial<FinetuneOptions>, code: string) {
  const before = tf.memory().numTensors
  await expect(finetuneDecoder(options(more))).rejects.toMatchObject({ code })
  expect(tf.memory().numTensors).toBe(before)
}

describe('finetuneDecoder', () => {
  test('lowers the loss, says each step, and gives the same decoder for the same arguments', async () => {
    const a = await run({ steps: 5 })
    expect(a.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5])
    expect(a.steps.at(-1)!.loss).toBeLessThan(a.steps[0]!.loss)
    expect(a.steps[0]).toMatchObject({ learningRate: 0, total: 8, steps: 5 })
    expect(a.report).toMatchObject({ stepsDone: 5, imageLoss: 'mse', lambdaImage: 0.5, frozenComputed: 5 })
    const b = await run({ steps: 5, cacheBytes: 0 })
    expect(b.report.frozenComputed).toBe(10)
    expect(b.values).toEqual(a.values)
    const other = await run({ steps: 2, seed: 1 })
    expect(other.values).not.toEqual(a.values)
  })

  test('steps that are read together are those that are read one by one', async () => {
    const single = await run()
    const timeless = ({ seconds: _, ...step }: FinetuneProgress) => step
    for (const stepsPerFlush of [2, 5, 9]) {
      const several = await run({ stepsPerFlush })
      expect(several.values).toEqual(single.values)
      expect(several.steps.map(timeless)).toEqual(single.steps.map(timeless))
    }
    let reads = 0
    const unreadable = { ...images, read: () => (++reads > 3 ? Promise.reject(new Error('gone')) : images.read(0, 16)) }
    await expect(run({ stepsPerFlush: 5, images: unreadable, cacheBytes: 0 })).rejects.toThrow('gone')
    await expect(run({ stepsPerFlush: 0 })).rejects.toMatchObject({ code: 'bad-argument' })
  })

  test('shows the decoder between steps, which changes nothing and leaves nothing', async () => {
    const seen: [step: number, values: number[][]][] = []
    const show = async ({ weights }: LatentDecoder, step: number) => void seen.push([step, valuesOf(weights)])
    const shown = await run({ preview: { every: 2, show }, stepsPerFlush: 4 })
    expect(seen.map(([step]) => step)).toEqual([2, 4])
    const other = await run({ preview: { every: 5, show } })
    expect(other.values).toEqual(shown.values)
    expect(seen.at(-1)).toEqual([5, other.values])
    const failing = () => Promise.reject(new Error('no picture'))
    await expect(run({ preview: { every: 2, show: failing } })).rejects.toThrow('no picture')
    await expectRefusal({ preview: { every: 0, show } }, 'bad-argument')
  })

  test('a run that was stopped and resumed ends with the bits of one that was not', async () => {
    const whole = await run()
    let stored: Uint8Array | null = null
    const writes: number[] = []
    const checkpoint = {
      every: 2,
      read: async () => stored,
      write: async (bytes: Uint8Array) => {
        stored = bytes
        writes.push(bytes.length)
      },
    }
    const stop = new AbortController()
    const onStep = ({ step }: FinetuneProgress) => {
      if (step === 3) stop.abort()
    }
    await expectRefusal({ checkpoint, signal: stop.signal, onStep }, 'aborted')
    expect(writes).toHaveLength(2)
    await expectRefusal({ checkpoint, seed: 5 }, 'bad-checkpoint')
    await expectRefusal({ checkpoint, key: keyFromBits([0, 0, 0, 1]) }, 'bad-checkpoint')
    await expectRefusal({ checkpoint, images: { ...images, length: 4 } }, 'bad-checkpoint')
    await expectRefusal({ checkpoint: { ...checkpoint, read: async () => Uint8Array.of(1, 2, 3) } }, 'bad-checkpoint')
    const resumed = await run({ checkpoint })
    expect(resumed.steps.map(({ step }) => step)).toEqual([4, 5])
    expect(resumed.report.stepsDone).toBe(2)
    expect(resumed.values).toEqual(whole.values)
  })

  test('goes on from another decoder, against the pictures of the original one', async () => {
    const first = await finetuneDecoder(options())
    const started = await run({ start: first.decoder, steps: 1, warmup: 0 })
    const anew = await run({ steps: 1, warmup: 0 })
    expect(started.steps[0]!.lossI).toBeGreaterThan(0)
    expect(anew.steps[0]!.lossI).toBe(0)
    expect(started.steps[0]!.lossW).toBeLessThan(anew.steps[0]!.lossW)
    const checkpoint = memoryCheckpoint(1)
    const stop = new AbortController()
    await expectRefusal(
      { start: first.decoder, checkpoint, signal: stop.signal, onStep: () => stop.abort() },
      'aborted',
    )
    await expectRefusal({ checkpoint }, 'bad-checkpoint')
    const [name = ''] = Object.keys(first.decoder.weights)
    const { [name]: _, ...fewer } = first.decoder.weights
    await expectRefusal({ start: { ...first.decoder, weights: fewer } }, 'bad-weights')
    first.decoder.dispose()
  })

  test('refuses what cannot be, and leaves no tensor', async () => {
    await expectRefusal({ steps: 0 }, 'bad-argument')
    await expectRefusal({ size: 20 }, 'bad-argument')
    await expectRefusal({ learningRate: Number.NaN }, 'bad-argument')
    await expectRefusal({ lambdaImage: -1 }, 'bad-argument')
    await expectRefusal({ key: keyFromBits([1, 0, 1]) }, 'bad-key')
    await expectRefusal({ images: { ...images, length: 0 } }, 'bad-argument')
    const unreadable = async () => {
      throw new RangeError('unreadable')
    }
    const before = tf.memory().numTensors
    await expect(finetuneDecoder(options({ images: { length: 2, read: unreadable } }))).rejects.toThrow('unreadable')
    const broken = { ...mse(), of: () => tf.sum<tf.Scalar>(tf.slice(tf.tensor1d([1, 2]), [5], [1])) }
    await expect(finetuneDecoder(options({ imageLoss: broken }))).rejects.toThrow()
    const failing = () => {
      throw new RangeError('no room')
    }
    await expect(finetuneDecoder(options({ onStep: failing }))).rejects.toThrow('no room')
    expect(tf.memory().numTensors).toBe(before)
  })

  describe('early stopping', () => {
    const heldOut = { length: 3, read: (index: number, size: number) => images.read(index + 100, size) }
    const easy = { minPsnr: 5, size: 16, evaluateEvery: 1, evaluateFrom: 2, maxSteps: 5, images: heldOut }

    test('stops when held-out images are as good as asked, and gives the weights that were evaluated', async () => {
      const evaluated: number[] = []
      const { report, values, steps } = await run({
        earlyStopping: { ...easy, evaluateFrom: 1, onEvaluation: ({ step }) => void evaluated.push(step) },
      })
      expect(steps.map(({ step }) => step)).toEqual([1])
      expect(evaluated).toEqual([1])
      expect(report).toMatchObject({ stepsDone: 1, earlyStopping: { reached: true, step: 1 } })
      expect(values).toEqual(valuesOf(autoencoder.decoder.weights))
    })

    test('says that it was not reached after all steps; what was evaluated agrees with evaluateDecoder', async () => {
      const before = tf.memory().numTensors
      const { decoder, report } = await finetuneDecoder(
        options({ steps: 3, earlyStopping: { ...easy, maxSteps: 3, minBitAccuracy: 1, minPsnr: 99 } }),
      )
      expect(report).toMatchObject({ stepsDone: 3, earlyStopping: { reached: false, step: null } })
      expect(report.earlyStopping!.evaluations.map(({ step }) => step)).toEqual([2, 3])
      const { matches, total, bitAccuracy, psnr, ssim } = await evaluateDecoder({
        ...options({ images: heldOut, size: 16 }),
        size: 16,
        decoder,
      })
      expect(report.earlyStopping!.evaluations.at(-1)).toEqual({
        ...{ step: 3, images: 3, matches, total, bitAccuracy, psnr, ssim, reached: false },
      })
      decoder.dispose()
      expect(tf.memory().numTensors).toBe(before)
    })

    test('stops evaluating images as soon as too many bits are wrong', async () => {
      const { report } = await run({
        steps: 2,
        earlyStopping: { ...easy, minBitAccuracy: 1, evaluateEvery: 1, evaluateFrom: 1, maxSteps: 2 },
      })
      expect(report.earlyStopping!.evaluations[0]!.images).toBeLessThan(3)
    })

    test('holds some of the images back where none are named', async () => {
      const many = { ...images, length: 25 }
      const { report } = await run({ images: many, steps: 1, earlyStopping: { minPsnr: 5, size: 16 } })
      expect(report.earlyStopping!.evaluations).toMatchObject([{ images: 2, reached: true }])
      await expectRefusal({ earlyStopping: { minPsnr: 5 } }, 'bad-argument')
    })

    test('a run stopped while it evaluated goes on to the same end', async () => {
      let stored: Uint8Array | null = null
      const checkpoint = {
        read: async () => stored,
        write: async (bytes: Uint8Array) => {
          stored = bytes
        },
      }
      const stop = new AbortController()
      let reads = 0
      const stopping = {
        length: 3,
        read: (index: number, size: number) => {
          if (++reads === 2) stop.abort()
          return heldOut.read(index, size)
        },
      }
      const strict = { ...easy, minPsnr: 20, minBitAccuracy: 0 }
      await expectRefusal(
        { earlyStopping: { ...strict, images: stopping }, checkpoint, signal: stop.signal, steps: 2 },
        'aborted',
      )
      const whole = await run({ earlyStopping: strict, steps: 2 })
      const resumed = await run({ earlyStopping: strict, checkpoint, steps: 2 })
      expect(resumed.report).toMatchObject({
        stepsDone: 0,
        last: null,
        earlyStopping: { evaluations: whole.report.earlyStopping!.evaluations },
      })
      expect(resumed.values).toEqual(whole.values)
    })

    test('refuses what cannot be asked', async () => {
      await expectRefusal({ earlyStopping: { size: 16, images: heldOut } }, 'bad-argument')
      await expectRefusal({ earlyStopping: { ...easy, minBitAccuracy: 1.2 } }, 'bad-argument')
      await expectRefusal({ earlyStopping: { ...easy, evaluateEvery: 0 } }, 'bad-argument')
      await expectRefusal({ earlyStopping: { minPsnr: Number.NaN, images: heldOut } }, 'bad-argument')
    })
  })

  test('the balanced preset trains too, and goes on where more steps are asked for', async () => {
    const { steps, report } = await run({
      ...{ preset: 'balanced', steps: 2, warmup: 1 },
      earlyStopping: { minPsnr: 99, size: 16, images: { ...images, length: 1 }, maxSteps: 3 },
    })
    expect(steps.map(({ learningRate }) => learningRate)).toEqual([2e-3, 4e-5, 2e-4])
    expect(report.recipe).toMatchObject({ optimizer: 'muon', size: 16 })
    expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss)
  })

  test('says so when the loss is lost', async () => {
    await expectRefusal({ learningRate: 1e30, warmup: 0 }, 'not-finite')
  })
})

test('evaluateDecoder counts bits and measures distance, and leaves no tensor', async () => {
  const { decoder } = await finetuneDecoder(options({ steps: 2, warmup: 0 }))
  const before = tf.memory().numTensors
  const same = await evaluateDecoder({ ...options(), decoder: autoencoder.decoder, size: 16 })
  expect(same).toMatchObject({ total: 20, psnr: Number.POSITIVE_INFINITY })
  const signed = await evaluateDecoder({ ...options(), decoder, size: 16 })
  expect(signed.psnr).toBeLessThan(60)
  expect(signed.images).toHaveLength(5)
  expect(signed.matches).toBe(signed.images.reduce((sum, image) => sum + image.matches, 0))
  expect(tf.memory().numTensors).toBe(before)
  decoder.dispose()
})

test('an order shows every image once a pass, and is known without its past', () => {
  const order = batchOrder(3, 7, 2)
  const seen = Array.from({ length: 7 }, (_, step) => order(step)).flat()
  expect(seen.slice(0, 7).sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(seen.slice(7).sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(batchOrder(3, 7, 2)(5)).toEqual(order(5))
  expect(batchOrder(4, 7, 7)(0)).not.toEqual(batchOrder(3, 7, 7)(0))
})
