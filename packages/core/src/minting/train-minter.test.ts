import '@tensorflow/tfjs-backend-cpu'
import { extractorState, tinyState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import '../ops/gradients.ts'
import { mse } from '../losses/image.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { loadAutoencoder } from '../models/autoencoders/read-autoencoder.ts'
import type { Extractor } from '../models/extractor.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import type { Weights } from '../models/weights.ts'
import { memoryCheckpoint, stripes } from '../pretraining/testing.ts'
import type { UnitImages } from '../signal/images.ts'
import { keyFromBits } from '../signal/key.ts'
import { sgd } from '../training/optimizers.ts'
import { keyScales, type Minter } from './minter.ts'
import type { TrainMinterOptions } from './minter-options.ts'
import { advanceCurriculum, diagnose, type MinterProgress, parseCurriculum } from './minter-progress.ts'
import { networkHash } from './network-hash.ts'
import { mintingPlan } from './plan.ts'
import { type TrainedMinter, trainMinter } from './train-minter.ts'
import { minterInCheckpoint } from './trained-parts.ts'

let autoencoder: Autoencoder
let extractor: Extractor

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

const options = (more: Partial<TrainMinterOptions> = {}): TrainMinterOptions => ({
  autoencoder,
  extractor,
  pictures: stripes(3, 40),
  steps: 5,
  cutOuts: 5,
  batchSize: 2,
  size: 16,
  hidden: 5,
  learningRate: 2e-2,
  ...more,
})

/** Trains; no tensor may be left, whatever comes of it. */
async function run(more: Partial<TrainMinterOptions> = {}) {
  const before = tf.memory().numTensors
  const steps: MinterProgress[] = []
  let trained: TrainedMinter | undefined
  try {
    trained = await trainMinter(options({ onStep: (step) => void steps.push(step), ...more }))
    return { ...trained, steps }
  } finally {
    const beside = [trained?.extractor, trained?.decoder].flatMap((network) => Object.keys(network?.weights ?? {}))
    expect(tf.memory().numTensors).toBe(before + beside.length)
  }
}

/** Trains until so many steps are done; the checkpoint then holds them. */
async function stopAfter(steps: number, more: Partial<TrainMinterOptions>): Promise<void> {
  const controller = new AbortController()
  const onStep = ({ step }: MinterProgress) => {
    if (step === steps) controller.abort()
  }
  await expect(run({ ...more, signal: controller.signal, onStep })).rejects.toMatchObject({ code: 'aborted' })
}

describe('trainMinter', () => {
  test('lowers the loss for keys that differ from step to step, and gives the same minter for the same arguments', async () => {
    const a = await run({ steps: 40, attacks: null, startImageWeight: 0, imageWeight: 0, hold: 1 })
    const mean = (some: readonly MinterProgress[]) => some.reduce((sum, { lossW }) => sum + lossW, 0) / some.length
    expect(mean(a.steps.slice(-10))).toBeLessThan(mean(a.steps.slice(0, 10)))
    expect(a.steps[0]).toMatchObject({ total: 8, psnr: 100, byAttack: { none: { total: 8 } }, diagnosis: null })
    const scales = (bits: number[]) => keyScales(a.minter, keyFromBits(bits)).flatMap(({ scale }) => [...scale])
    expect(scales([1, 0, 0, 1])).not.toEqual(scales([1, 0, 0, 0]))
    const few = await run()
    const again = await run({ cacheBytes: 0 })
    expect(again.minter).toEqual(few.minter)
    expect((await run({ seed: 1 })).minter.values).not.toEqual(few.minter.values)
  })

  test('attacks images as the recipe says, and tells of each attack', async () => {
    const mix = {
      resized: 1,
      sides: [0.75],
      brightness: 0,
      maxBrightness: 1,
      contrast: 0,
      jpeg: 1,
      minQuality: 50,
    }
    const harder = memoryCheckpoint(1)
    await stopAfter(1, { attacks: mix, steps: 2, checkpoint: harder })
    harder.bytes = altered(harder.bytes!, '\\"level\\":0,', '\\"level\\":1,')
    const { steps } = await run({ attacks: mix, steps: 2, checkpoint: harder })
    expect(steps).toHaveLength(1)
    for (const { byAttack, total, lambdaImage, temperature } of steps) {
      expect(Object.keys(byAttack).every((name) => /(crop|resize).*jpeg/.test(name))).toBe(true)
      expect(Object.values(byAttack).reduce((sum, one) => sum + one.total, 0)).toBe(total)
      expect(lambdaImage).toBeCloseTo(25 * 3)
      expect(temperature).toBeCloseTo(10)
    }
  })

  test('begins with the temperature and the image weight of its beginning', async () => {
    const { steps } = await run({ steps: 1, attacks: null })
    expect(steps).toMatchObject([{ level: 0, temperature: 1.5, lambdaImage: 25 * 0.2 }])
    const hot = await run({ steps: 1, attacks: null, startTemperature: 8 })
    // Nothing is changed yet: the same logits, which a higher temperature makes count.
    expect(hot.steps[0]!.psnr).toBe(steps[0]!.psnr)
    expect(hot.steps[0]!.lossW).not.toBeCloseTo(steps[0]!.lossW, 4)
    await expect(run({ startTemperature: 0 })).rejects.toMatchObject({ code: 'bad-argument' })
  })

  test('reads windows of images, of which attacks make what they make of whole ones', async () => {
    const whole = await run({ attacks: null })
    const { steps, minter } = await run({ attacks: null, window: 0.75 })
    expect(steps.map(({ total }) => total)).toEqual(whole.steps.map(({ total }) => total))
    expect(minter.values).not.toEqual(whole.minter.values)
    await expect(run({ window: 0 })).rejects.toMatchObject({ code: 'bad-argument' })
  })

  test('becomes harder only while bits are read', () => {
    const whole = { bits: 2, byBit: [0.85, 0.85] }
    const read = (bitAccuracy: number, level: number) =>
      advanceCurriculum({ bitAccuracy, psnr: 30, level, ...whole }, { bitAccuracy, psnr: 20, ...whole }, 500, 50)
    expect(read(0.85, 0.2)).toEqual({ bitAccuracy: 0.85, psnr: 29.9, level: 0.2, ...whole })
    expect(read(0.95, 0.2).level).toBeCloseTo(0.22)
    expect(read(0.95, 1).level).toBe(1)
    expect(() => parseCurriculum({ bitAccuracy: 0.5, psnr: 3, ...whole }, 2)).toThrow(/level/)
    expect(() => parseCurriculum({ bitAccuracy: 0.5, psnr: 3, level: 0, ...whole }, 3)).toThrow(/message of 3 bits/)
  })

  test('begins with a few bits of each key, and takes another as soon as those are learnt', async () => {
    const { steps, minter } = await run({ startBits: 2, steps: 2, attacks: null })
    expect(steps.map(({ bits, total }) => [bits, total])).toEqual([
      [2, 4],
      [3, 6],
    ])
    // No gradient has come from the last bit: its part of the straight path is still nothing.
    const straight = minter.values['linear.weight']!
    const ofBit = (bit: number) => straight.filter((_, i) => i % 4 === bit)
    expect(ofBit(3).every((value) => value === 0)).toBe(true)
    expect(ofBit(1).every((value) => value === 0)).toBe(false)
    const learnt = { bits: 8, byBit: Array.from({ length: 20 }, () => 0.9) }
    const curriculum = { bitAccuracy: 0.95, psnr: 30, level: 0 }
    const after = (message: typeof learnt) =>
      advanceCurriculum({ ...curriculum, ...message }, { ...curriculum, byBit: message.byBit }, 6, 50)
    expect(after(learnt)).toMatchObject({ bits: 9, level: 0 })
    expect(after({ bits: 8, byBit: Array.from({ length: 20 }, () => 0.6) })).toMatchObject({ bits: 8 })
  })

  test('is the same, bit for bit, when it is stopped and resumed', async () => {
    const whole = await run()
    const checkpoint = memoryCheckpoint(10)
    await stopAfter(3, { checkpoint })
    await expect(run({ checkpoint, seed: 3 })).rejects.toMatchObject({ code: 'bad-checkpoint' })
    await expect(run({ checkpoint, maxScale: 0.4 })).rejects.toMatchObject({ code: 'bad-checkpoint' })
    const bytes = await checkpoint.read()
    const kept = await minterInCheckpoint(bytes!, options())
    expect(kept.step).toBe(3)
    const resumed = await run({ checkpoint })
    expect(resumed.resumedAt).toBe(3)
    expect(resumed.steps.map(({ step }) => step)).toEqual([4, 5])
    expect(resumed.minter).toEqual(whole.minter)
    expect(kept.minter.values).not.toEqual(whole.minter.values)
  })

  const valuesOf = async (of: { readonly weights: Weights } | null): Promise<Record<string, ArrayLike<number>>> => {
    const entries = Object.entries(of?.weights ?? {})
    return Object.fromEntries(
      await Promise.all(entries.map(async ([name, tensor]) => [name, (await tensor.data()).slice()] as const)),
    )
  }
  const largestChange = (before: ArrayLike<number>, after: ArrayLike<number>): number =>
    Math.max(...Array.from(before, (value, i) => Math.abs(value - after[i]!)))

  test('trains the extractor too where it is asked to, bit for bit when stopped and resumed', async () => {
    const whole = await run({ extractorRate: 0.5 })
    const trained = await valuesOf(whole.extractor)
    expect(whole.extractor).toMatchObject({ bits: 4, whitened: false })
    expect(whole.minter.extractorHash).toBe(await networkHash(whole.extractor!.weights))
    const original = await valuesOf(extractor)
    for (const name of ['conv0.weight', 'conv1.bias', 'head.weight', 'head.bias']) {
      const change = largestChange(trained[name]!, original[name]!)
      // Adam moves by about the learning rate, 2e-2 at most here, of which it is a half, at each of five steps.
      expect(change).toBeGreaterThan(1e-4)
      expect(change).toBeLessThan(0.06)
    }
    const checkpoint = memoryCheckpoint(2)
    const more = { extractorRate: 0.5, checkpoint }
    await stopAfter(4, more)
    await expect(run({ ...more, extractorRate: 0.4 })).rejects.toMatchObject({ code: 'bad-checkpoint' })
    const kept = await minterInCheckpoint((await checkpoint.read())!, options(more))
    expect(kept.step).toBe(4)
    expect(await valuesOf(kept.extractor)).not.toEqual(trained)
    const resumed = await run(more)
    expect(resumed.minter).toEqual(whole.minter)
    expect(await valuesOf(resumed.extractor)).toEqual(trained)
    for (const one of [whole, kept, resumed]) one.extractor?.dispose()
  })

  test('trains the decoder too where it is asked to, and goes on from what came of it', async () => {
    const whole = await run({ decoderRate: 0.5 })
    const trained = await valuesOf(whole.decoder)
    const original = await valuesOf(autoencoder.decoder)
    expect(Object.keys(trained)).toEqual(Object.keys(original))
    expect(whole.minter.decoderHash).toBe(await networkHash(whole.decoder!.weights))
    const late = new Set(mintingPlan(autoencoder.decoder).tail.flatMap(({ weights }) => weights))
    expect(late.size).toBeLessThan(Object.keys(original).length)
    for (const [name, values] of Object.entries(trained)) {
      const change = largestChange(values, original[name]!)
      if (late.has(name)) expect(change).toBeGreaterThan(1e-4)
      else expect(change).toBe(0)
      expect(change).toBeLessThan(0.06)
    }
    const checkpoint = memoryCheckpoint(2)
    const more = { decoderRate: 0.5, checkpoint }
    await stopAfter(4, more)
    await expect(run({ ...more, decoderRate: 0.4 })).rejects.toMatchObject({ code: 'bad-checkpoint' })
    const kept = await minterInCheckpoint((await checkpoint.read())!, options(more))
    expect(await valuesOf(kept.decoder)).not.toEqual(trained)
    const resumed = await run(more)
    expect(resumed.minter).toEqual(whole.minter)
    expect(await valuesOf(resumed.decoder)).toEqual(trained)
    const pair = { start: whole.minter, startDecoder: whole.decoder! }
    const { decoder: none, steps, minter } = await run({ ...pair, steps: 1, learningRate: 1e-9 })
    expect(none).toBeNull()
    expect(minter.decoderHash).toBe(whole.minter.decoderHash)
    // What the trained decoder makes is held to what the original one makes.
    expect(steps[0]!.psnr).toBeLessThan(40)
    expect(steps[0]!.psnr).toBeCloseTo(whole.steps.at(-1)!.psnr, -1)
    await expect(run({ start: whole.minter, steps: 1 })).rejects.toMatchObject({ code: 'bad-weights' })
    const odd = { ...whole.decoder!, weights: {} }
    await expect(run({ ...pair, startDecoder: odd })).rejects.toThrow(/of another architecture/)
    for (const one of [whole, kept, resumed]) one.decoder?.dispose()
  })

  test('begins from a minter of the same decoder and architecture', async () => {
    const { minter, extractor: none } = await run()
    expect(none).toBeNull()
    const { steps, ...next } = await run({ start: minter, steps: 1, learningRate: 1e-9 })
    expect(steps[0]).toMatchObject({ level: 1 })
    for (const [name, values] of Object.entries(next.minter.values))
      expect(Math.max(...values.map((value, i) => Math.abs(value - minter.values[name]![i]!)))).toBeLessThan(1e-7)
    await expect(run({ start: minter, hidden: 6 })).rejects.toThrow(/has hidden 5, expected 6/)
    const other = { ...minter, decoderHash: '0'.repeat(64) }
    await expect(run({ start: other })).rejects.toMatchObject({ code: 'bad-weights' })
  })

  test('refuses what cannot be, and leaves no tensor', async () => {
    for (const more of [
      { steps: 0 },
      { size: 20 },
      { maxScale: 1 },
      { imageWeight: -1 },
      { hold: 2 },
      { extractorRate: 1.5 },
      { start: {} as Minter },
      { pictures: { ...stripes(1, 40), length: 0 } },
      { imageLoss: 'none' as 'mse' },
    ])
      await expect(run(more)).rejects.toMatchObject({ code: 'bad-argument' })
    await expect(run({ pictures: stripes(1, 12) })).rejects.toMatchObject({ code: 'bad-image' })
    const small = stripes(1, 12)
    const mixed = { length: 2, read: (i: number) => (i ? stripes(1, 40).read(0) : small.read(0)) }
    expect((await run({ pictures: mixed, steps: 1 })).steps).toHaveLength(1)
    const lost = { ...mse(), of: (a: UnitImages) => tf.mul<tf.Scalar>(tf.mean(a), Number.NaN) }
    await expect(run({ imageLoss: lost })).rejects.toMatchObject({ code: 'not-finite' })
    await expect(run({ optimizer: sgd({ weightDecay: 1e30 }), learningRate: 1e30, steps: 1 })).rejects.toMatchObject({
      code: 'not-finite',
    })
  })

  test('says early what is wrong with a run that does not learn', () => {
    expect(diagnose(999, { bitAccuracy: 0.5, psnr: 30 })).toBeNull()
    expect(diagnose(1000, { bitAccuracy: 0.7, psnr: 30 })).toBeNull()
    expect(diagnose(1000, { bitAccuracy: 0.51, psnr: 30 })).toMatch(/lower the learning rate/)
    expect(diagnose(1000, { bitAccuracy: 0.51, psnr: 70 })).toMatch(/startImageWeight/)
  })
})

/** The same bytes with one text in another's place. */
function altered(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = new TextDecoder('latin1').decode(bytes)
  expect(text).toContain(from)
  return Uint8Array.from(text.replace(from, to), (character) => character.charCodeAt(0))
}
