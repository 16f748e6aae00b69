import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { gaussianBlur } from '../transforms/filters/gaussian-blur.ts'
import { attribute, type Candidate } from './attribute.ts'
import { type AttributionCalibration, calibrateAttribution } from './calibrate-attribution.ts'
import { calibrateTracer } from './calibrate-tracer.ts'
import { calibrateCandidates, calibratedCandidates } from './candidates-calibration.ts'
import { gradientFreeExcess } from './method.ts'
import { blockAutoencoder, made, noiseImages, saved } from './testing.ts'

const SIZE = 32
const method = 'gradient-free'

const picture = (seed: string, size = SIZE): UnitImages =>
  tf.tidy(() => gaussianBlur(noiseImages(seed, [1, size, size], 0.6), { sigma: 1 }))
const images = { length: 8, read: async (index: number, size: number) => picture(`calibration ${index}`, size) }

/** A sibling: the same encoder, and a decoder that adds a faint pattern of its own, as a signed copy does. */
function sibling(of: Autoencoder, seed: string): Autoencoder {
  const { decoder } = of
  const pattern = noiseImages(seed, [1, 8, 8], 0.02)
  const apply: typeof decoder.apply = (weights, latents) =>
    tf.tidy(() => {
      const [, h, w] = latents.shape
      const marks = tf.tile(tf.sub(pattern, 0.5), [1, h, w, 1])
      return asUnit(tf.add(decoder.apply(weights, latents), marks))
    })
  const weights = { ...decoder.weights, pattern }
  return { ...of, decoder: { ...decoder, weights, apply }, dispose: () => void pattern.dispose() }
}

let plain: Autoencoder
let candidates: Candidate[]
let siblings: AttributionCalibration

beforeAll(async () => {
  await tf.setBackend('cpu')
  plain = blockAutoencoder()
  const all = { plain, signed: sibling(plain, 'a mark'), other: blockAutoencoder('other directions') }
  candidates = []
  for (const [name, autoencoder] of Object.entries(all)) {
    const calibration = await calibrateTracer({ autoencoder, images, size: SIZE, methods: [gradientFreeExcess()] })
    candidates.push({ name, autoencoder, calibration })
  }
  siblings = await calibrateAttribution({ candidates, images, size: SIZE })
}, 120_000)
afterAll(() => {
  for (const { autoencoder } of [...candidates].reverse()) autoencoder.dispose()
})

const options = (more: Partial<Parameters<typeof attribute>[1]> = {}) => ({
  ...{ candidates, siblings, saved: { format: 'png' } as const, method, ...more },
})

test('each maker is named, a signed copy beside its original too, and no tensor is left', async () => {
  const before = tf.memory().numTensors
  for (const { name, autoencoder } of candidates) {
    const image = await made(autoencoder, `made by ${name}`, [1, SIZE, SIZE], picture)
    const found = await attribute(image, options())
    expect(found, name).toMatchObject({ verdict: 'one', names: [name] })
    expect(found.traces.map((trace) => trace.name)).toEqual(['plain', 'signed', 'other'])
    image.dispose()
  }
  const foreign = await saved(picture('by nobody'))
  expect(await attribute(foreign, options())).toMatchObject({ verdict: 'none', names: [] })
  foreign.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('where no calibration alone tells that a candidate made it, siblings still tell which of them it would be', async () => {
  const [plain, signed] = candidates
  if (!plain || !signed) throw new Error('no candidates')
  // Own and foreign images that score alike: neither is ruled out, and nothing belongs.
  const unsure = [plain, signed].map((candidate): Candidate => {
    const sets = candidate.calibration.sets.map((set) => {
      const all = [...set.belonging, ...Object.values(set.foreign).flat()]
      return { ...set, belonging: all, foreign: { alike: all } }
    })
    return { ...candidate, calibration: { ...candidate.calibration, sets } }
  })
  const image = await made(signed.autoencoder, 'made by signed', [1, SIZE, SIZE], picture)
  const found = await attribute(image, options({ candidates: unsure }))
  expect(found).toMatchObject({ verdict: 'undecided', names: ['signed'] })
  expect(await attribute(image, options({ candidates: unsure, siblings: undefined }))).toMatchObject({
    ...{ verdict: 'undecided', names: ['plain', 'signed'] },
  })
  image.dispose()
})

test('a crop is attributed on the grid that is found, and only there', async () => {
  const before = tf.memory().numTensors
  const whole = await made(candidates[1]?.autoencoder ?? plain, 'cropped', [1, 48, 48], picture)
  const cropped = asUnit(tf.slice(whole, [0, 3, 6, 0], [1, 40, 40, 3]))
  const found = await attribute(cropped, options({ searchGrid: true }))
  expect(found).toMatchObject({ verdict: 'one', names: ['signed'] })
  expect(found.traces[1]).toMatchObject({ offsets: 64, grid: { top: 5, left: 2 } })
  expect(await attribute(cropped, options())).toMatchObject({ verdict: 'none' })
  tf.dispose([whole, cropped])
  expect(tf.memory().numTensors).toBe(before)
})

test('identical decoders are a tie, as are siblings that nothing tells apart', async () => {
  const [first] = candidates
  if (!first) throw new Error('no candidate')
  const twins = [first, { ...first, name: 'twin' }]
  const image = await made(first.autoencoder, 'made by both', [1, SIZE, SIZE], picture)
  expect(await attribute(image, options({ candidates: twins, siblings: undefined }))).toMatchObject({
    ...{ verdict: 'tie', names: ['plain', 'twin'] },
  })
  const calibrated = await calibrateAttribution({ candidates: twins, images, size: SIZE })
  const found = await attribute(image, options({ candidates: twins, siblings: calibrated }))
  expect(found).toMatchObject({ verdict: 'tie', names: ['plain', 'twin'] })
  image.dispose()
})

test('refuses candidates and calibrations that do not fit each other', async () => {
  const image = await saved(picture('any'))
  const [first, second] = candidates
  if (!first || !second) throw new Error('no candidates')
  await expect(attribute(image, options({ candidates: [first] }))).rejects.toThrow('expected at least two, found 1')
  await expect(attribute(image, options({ candidates: [first, first] }))).rejects.toThrow('two of them are named plain')
  const swapped = [first, { ...second, autoencoder: first.autoencoder, calibration: first.calibration }]
  await expect(attribute(image, options({ candidates: swapped }))).rejects.toThrow('another autoencoder named signed')
  image.dispose()
})

test('one calibration of several decoders knows them by their weights, by whatever name, and fewer of them too', async () => {
  const before = tf.memory().numTensors
  const progress: number[] = []
  const calibration = await calibrateCandidates({
    ...{ candidates, images: { ...images, length: 4 }, size: SIZE, methods: [gradientFreeExcess()] },
    onProgress: ({ imagesDone, images }) => progress.push(imagesDone / images),
  })
  expect(calibration.tracers).toHaveLength(3)
  expect(progress).toHaveLength(16)
  expect(progress.at(-1)).toBe(1)
  const [first, second, third] = candidates
  if (!first || !second || !third) throw new Error('no candidates')
  const named = [
    { name: 'b', autoencoder: second.autoencoder },
    { name: 'a', autoencoder: first.autoencoder },
  ]
  const known = await calibratedCandidates(calibration, named)
  const image = await made(second.autoencoder, 'made by b', [1, SIZE, SIZE], picture)
  expect(await attribute(image, options({ ...known, alpha: 0.4 }))).toMatchObject({ verdict: 'one', names: ['b'] })
  image.dispose()
  const stranger = { name: 'stranger', autoencoder: blockAutoencoder('strange') }
  await expect(calibratedCandidates(calibration, [...named, stranger])).rejects.toThrow(
    'does not know stranger: expected its hash',
  )
  stranger.autoencoder.dispose()
  expect(tf.memory().numTensors).toBe(before)
})
