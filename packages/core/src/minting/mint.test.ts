import '@tensorflow/tfjs-backend-cpu'
import { klState, noise, tinyState } from '@stablesig/testing/networks'
import { memorySource } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import '../ops/gradients.ts'
import { decode } from '../inference/graphs.ts'
import type { LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import { readDecoder } from '../models/autoencoders/read-autoencoder.ts'
import { runStages } from '../models/autoencoders/stages.ts'
import { valueAndGradients } from '../ops/value-and-gradients.ts'
import { keyBits, keyFromBits } from '../signal/key.ts'
import { initialMinter } from './architecture.ts'
import { conditionDecoder, mint } from './mint.ts'
import { keyScales, type Minter } from './minter.ts'
import { readMinter, writeMinter } from './minter-file.ts'
import { modulationOf } from './modulation.ts'
import { mintingPlan } from './plan.ts'
import { randomMinter } from './testing.ts'

const key = keyFromBits([1, 0, 1, 1])

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const tiny = (pooled: boolean) => tinyState('decoder', { width: 4, latentChannels: 4, pooled, spelling: 'taesd' })
const kl = (family: 'kl' | 'vq') =>
  klState(
    { widths: [4, 8], latentChannels: 4, groups: 2, blocks: 1, family },
    { parts: ['decoder'], codes: family === 'vq' ? 7 : 0 },
  )

const DECODERS = [
  ['tiny', () => readDecoder(tiny(false))],
  ['tiny, pooled', () => readDecoder(tiny(true))],
  ['kl', () => readDecoder(kl('kl'), { groups: 2 })],
  ['vq', () => readDecoder(kl('vq'), { groups: 2 })],
] as const

/** Weights of a minter in tfjs' layout, [inputs, outputs]. */
const weightsOf = ({ architecture, values }: Minter) =>
  Object.fromEntries(
    Object.entries(initialMinter(architecture, 0)).map(([name, like]): [string, tf.Tensor] => {
      const [inputs = 0, outputs = 0] = like.shape
      like.dispose()
      const stored = values[name] ?? new Float32Array()
      return [name, outputs ? tf.transpose(tf.tensor2d(stored, [outputs, inputs])) : tf.tensor1d(stored)]
    }),
  )

const latentsOf = (decoder: LatentDecoder) =>
  tf.tensor4d(noise('z', 3 * 3 * decoder.latentChannels, 1), [1, 3, 3, decoder.latentChannels])

describe.each(DECODERS)('a minted decoder of the family %s', (_, open) => {
  test('is an ordinary decoder that decodes what the conditioned one does', async () => {
    const decoder = await open()
    const minter = await randomMinter(decoder, key.length)
    const latents = latentsOf(decoder)
    const before = tf.memory().numTensors
    const minted = await mint(minter, decoder, key)
    const conditioned = await conditionDecoder(minter, decoder, key)
    expect(Object.keys(minted.weights)).toEqual(Object.keys(decoder.weights))
    for (const [name, { shape }] of Object.entries(minted.weights)) expect(decoder.weights[name]?.shape).toEqual(shape)
    const [plain, folded, beside] = tf.tidy(() =>
      [decoder, minted, conditioned].map((one) => decode({ decoder: one }, latents).dataSync()),
    )
    expect(largestDifference(folded!, beside!)).toBeLessThan(1e-6 * Math.max(1, ...folded!.map(Math.abs)))
    expect(largestDifference(folded!, plain!)).toBeGreaterThan(1e-3)
    minted.dispose()
    conditioned.dispose()
    expect(tf.memory().numTensors).toBe(before)
    expect(decoder.weights[Object.keys(decoder.weights)[0]!]!.isDisposed).toBe(false)
  })

  test('depends on the key from the tail on: cut there, it gives the same', async () => {
    const decoder = await open()
    const minter = await randomMinter(decoder, key.length)
    const { head, tail, convolutions } = mintingPlan(decoder)
    const conditioned = await conditionDecoder(minter, decoder, key)
    const { whole, cut, again } = tf.tidy(() => {
      const features = runStages(head, decoder.weights, latentsOf(decoder))
      return {
        whole: decode({ decoder: conditioned }, latentsOf(decoder)).dataSync(),
        cut: runStages(tail, conditioned.weights, features).dataSync(),
        again: runStages(tail, conditioned.weights, features, { gradientCheckpointing: true }).dataSync(),
      }
    })
    expect(cut).toEqual(whole)
    expect(again).toEqual(whole)
    expect(tail.flatMap(({ weights }) => weights)).toEqual(
      expect.arrayContaining(convolutions.map(({ name }) => `${name}.weight`)),
    )
    expect(head.length).toBeGreaterThan(0)
  })
})

test('the network is one function with and without an engine, and a user gets halves', async () => {
  const decoder = await readDecoder(tiny(true))
  const minter = await randomMinter(decoder, key.length)
  const keys = tf.tensor2d([[0, 0, 0, 0], [...keyBits(key)]])
  const made = modulationOf(minter.architecture, weightsOf(minter), keys)
  const scales = keyScales(minter, key)
  expect(scales.some(({ shift }) => shift === null)).toBe(true)
  for (const { name, scale, shift } of scales)
    for (const [what, values] of Object.entries({ scale, shift }))
      if (values) {
        const inGraph = tf.slice(made[`${name}.${what}`]!, [1, 0, 0, 0], [1, 1, 1, values.length]).dataSync()
        expect(largestDifference(inGraph, values)).toBeLessThan(3e-4)
        expect(Math.max(...values.map((value) => Math.abs(value - (what === 'scale' ? 1 : 0))))).toBeGreaterThan(0.01)
      }
})

test.each([false, true])(
  'gradients of the conditioned graph are those of finite differences (again: %s)',
  async (gradientCheckpointing) => {
    const decoder = await readDecoder(kl('kl'), { groups: 2 })
    const minter = await randomMinter(decoder, key.length)
    const { head, tail } = mintingPlan(decoder)
    const keys = tf.tensor2d([[...keyBits(key)], [0, 1, 1, 0]])
    const features = runStages(head, decoder.weights, tf.tensor4d(noise('two', 2 * 9 * 4, 1), [2, 3, 3, 4]))
    const weights = weightsOf(minter)
    const probe = tf.tensor(noise('probe', 2 * 6 * 6 * 3, 1), [2, 6, 6, 3])
    const loss = () => {
      const modulation = modulationOf(minter.architecture, weights, keys)
      const images = runStages(tail, { ...decoder.weights, ...modulation }, features, { gradientCheckpointing })
      return tf.mean<tf.Scalar>(tf.mul(images, probe))
    }
    const before = tf.memory().numTensors
    const { gradients, loss: value } = valueAndGradients(() => ({ loss: loss(), aux: {} }), weights)
    expect(tf.memory().numTensors).toBe(before + 1 + Object.keys(weights).length)
    for (const name of Object.keys(weights)) {
      const direction = tf.tensor(noise(`along ${name}`, weights[name]!.size, 1), weights[name]!.shape)
      const along = tf.sum(tf.mul(gradients[name]!, direction)).dataSync()[0]!
      const original = weights[name]!
      const at = (step: number) => {
        weights[name] = tf.add(original, tf.mul(direction, step))
        return loss().dataSync()[0]!
      }
      const numeric = tf.tidy(() => (at(0.01) - at(-0.01)) / 0.02)
      weights[name] = original
      expect(Math.abs(numeric - along)).toBeLessThan(0.02 * Math.abs(along) + 2e-5)
      direction.dispose()
    }
    tf.dispose([gradients, value])
  },
)

describe('a minter', () => {
  test('is refused for another decoder, or a key of another length', async () => {
    const decoder = await readDecoder(tiny(false))
    const minter = await randomMinter(decoder, key.length)
    const before = tf.memory().numTensors
    await expect(mint(minter, decoder, keyFromBits([1, 0, 1]))).rejects.toMatchObject({ code: 'bad-key' })
    const refused = async (other: LatentDecoder) => {
      const error: unknown = await mint(minter, other, key).catch((error: unknown) => error)
      expect(error).toMatchObject({ code: 'bad-weights' })
      return String(error)
    }
    const kind = await readDecoder(kl('kl'), { groups: 2 })
    expect(await refused(kind)).toMatch(/another architecture/)
    const [name = ''] = Object.keys(decoder.weights)
    const moved = { ...decoder, weights: { ...decoder.weights, [name]: tf.add(decoder.weights[name]!, 1e-3) } }
    expect(await refused(moved)).toMatch(/another decoder/)
    kind.dispose()
    moved.weights[name]!.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  test('comes back from its file as it was, and nothing else does', async () => {
    const minter = await randomMinter(await readDecoder(tiny(true)), key.length)
    const file = writeMinter(minter, { steps: '7' })
    const again = await readMinter(memorySource('m', file))
    expect(again).toEqual(minter)
    const text = new TextDecoder('latin1').decode(file)
    const altered = (from: string, to: string) => {
      expect(text).toContain(from)
      expect(to).toHaveLength(from.length)
      return readMinter(
        memorySource(
          'm',
          Uint8Array.from(text.replace(from, to), (c) => c.charCodeAt(0)),
        ),
      )
    }
    for (const [from, to] of [
      ['stablesig minter 1', 'stablesig minter 9'],
      ['"bits":"4"', '"bits":"5"'],
      ['"hidden":"6"', '"hidden":"0"'],
      ['"max_scale":"0.5"', '"max_scale":"x.5"'],
      ['"hidden.0.bias"', '"hidden.2.bias"'],
      [minter.decoderHash, minter.decoderHash.replace(/./, 'g')],
    ] as const)
      await expect(altered(from, to)).rejects.toMatchObject({ code: 'bad-weights' })
  })
})

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN))))
