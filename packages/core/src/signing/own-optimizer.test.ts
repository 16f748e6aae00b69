import '@tensorflow/tfjs-backend-cpu'
import { extractorState, noise, tinyState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { loadAutoencoder } from '../models/autoencoders/read-autoencoder.ts'
import type { Extractor } from '../models/extractor.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import '../ops/gradients.ts'
import { decode } from '../inference/graphs.ts'
import { changingInput } from '../ops/hints.ts'
import { memoryCheckpoint } from '../pretraining/testing.ts'
import { asUnit } from '../signal/images.ts'
import { keyFromBits } from '../signal/key.ts'
import type { Optimizer } from '../training/optimizer.ts'
import { finetuneDecoder } from './finetune.ts'
import type { FinetuneOptions } from './finetune-options.ts'

let autoencoder: Autoencoder
let extractor: Extractor

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

/** Heads back, a little, to where it began: a state that is not zero at first, and one that counts. */
function homesick(pull = 0.1, more: Partial<Optimizer> = {}): Optimizer {
  return {
    name: 'homesick',
    fingerprint: `homesick ${pull}`,
    init: (parameters) => ({
      home: parameters.map((p) => p.clone()),
      steps: parameters.map((p) => tf.zerosLike(p)),
    }),
    update(parameters, gradients, { home = [], steps = [] }, { learningRate }) {
      const rate = changingInput(learningRate)
      const moved = parameters.map((p, i) => {
        const back = tf.mul(tf.sub(home[i]!, p), pull)
        return tf.reshape(tf.add(tf.sub(p, tf.mul(tf.sign(gradients[i]!), rate)), back), p.shape)
      })
      return { parameters: moved, state: { home, steps: steps.map((count) => tf.add(count, 1)) } }
    },
    ...more,
  }
}

const options = (more: Partial<FinetuneOptions>): FinetuneOptions => ({
  ...{ autoencoder, extractor, key: keyFromBits([1, 0, 1, 1]), size: 16, batchSize: 1, steps: 4, learningRate: 1e-3 },
  images: {
    length: 3,
    read: async (index, size) =>
      asUnit(
        tf.tensor4d(
          noise(`image ${index}`, size * size * 3, 0.1).map((x) => x + 0.5),
          [1, size, size, 3],
        ),
      ),
  },
  ...more,
})

async function run(more: Partial<FinetuneOptions>) {
  const before = tf.memory().numTensors
  const { decoder, report } = await finetuneDecoder(options(more))
  const values = Object.values(decoder.weights).map((tensor) => Array.from(tensor.dataSync()))
  decoder.dispose()
  expect(tf.memory().numTensors).toBe(before)
  return { values, report }
}

test.each([
  ['tensor by tensor', {}],
  ['as flat vectors', { elementwise: true }],
])('an optimizer of the caller takes the steps, %s, and goes on from a checkpoint to the same end', async (_, how) => {
  const whole = await run({ optimizer: homesick(0.1, how) })
  expect(whole.report.recipe).toMatchObject({ optimizer: 'homesick', weightDecay: null })
  const checkpoint = memoryCheckpoint(10)
  const stop = new AbortController()
  const stopped = run({
    ...{ optimizer: homesick(0.1, how), checkpoint, signal: stop.signal },
    onStep: ({ step }) => {
      if (step === 2) stop.abort()
    },
  })
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
  const other = run({ optimizer: homesick(0.2, how), checkpoint })
  await expect(other).rejects.toMatchObject({ code: 'bad-checkpoint' })
  const resumed = await run({ optimizer: homesick(0.1, how), checkpoint })
  expect(resumed.report).toMatchObject({ resumedAt: 2, stepsDone: 2 })
  expect(resumed.values).toEqual(whole.values)
})

test('both ways are one, and the state counts', async () => {
  const [apart, together] = [
    await run({ optimizer: homesick() }),
    await run({ optimizer: homesick(0.1, { elementwise: true }) }),
  ]
  expect(together.values).toEqual(apart.values)
  const elsewhere = await run({ optimizer: homesick(0) })
  expect(elsewhere.values).not.toEqual(apart.values)
})

test.each<[string, Partial<Optimizer>, RegExp]>([
  ['fewer parameters', { update: (p, _, state) => ({ parameters: p.slice(1), state }) }, /homesick.*parameters/],
  ['no state', { update: (p) => ({ parameters: [...p], state: {} }) }, /homesick.*state 'home'/],
  [
    'another shape',
    { update: (p, _, state) => ({ parameters: p.map(() => tf.tensor2d([[1]])), state }) },
    /homesick.*parameters.*\[1,1\]/,
  ],
  ['a state of its own shape', { init: (p) => ({ home: p.map(() => tf.scalar(0)) }) }, /homesick.*state 'home'/],
])('one that gives %s is refused by its name, and leaves no tensor', async (_, wrong, message) => {
  for (const elementwise of [false, true])
    await expect(run({ optimizer: homesick(0.1, { ...wrong, elementwise }) })).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringMatching(message),
    })
})

test("a recipe's weight decay belongs to the recipe's optimizer", async () => {
  await expect(run({ optimizer: homesick(), weightDecay: 0.1 })).rejects.toThrow(/weightDecay.*'homesick'/)
  const named = await run({ optimizer: 'adamw', steps: 1 })
  expect(named.report.recipe).toMatchObject({ optimizer: 'adamw', weightDecay: 0 })
})

test('the signed decoder owns its weights: disposed once or twice they are gone, and the original is not', async () => {
  const before = tf.memory().numTensors
  const { decoder } = await finetuneDecoder(options({ steps: 1 }))
  const latents = tf.zeros<tf.Rank.R4>([1, 2, 2, 4])
  const marked = decoder.apply(decoder.weights, latents)
  expect(marked.shape).toEqual(autoencoder.decoder.apply(autoencoder.decoder.weights, latents).shape)
  decoder.dispose()
  decoder.dispose()
  expect(() => decode({ decoder }, latents)).toThrow(expect.objectContaining({ code: 'disposed' }))
  tf.dispose(tf.tidy(() => decode(autoencoder, latents)))
  tf.dispose([latents, marked])
  expect(tf.memory().numTensors).toBe(before + 1)
})
