import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { jpegJsCodec } from '../transforms/codec/jpeg-js-codec.ts'
import { gaussianBlur } from '../transforms/filters/gaussian-blur.ts'
import { autoencoderHash } from './autoencoder-hash.ts'
import { calibrateTracer } from './calibrate-tracer.ts'
import type { TracerCalibration } from './calibration.ts'
import { readCalibration, writeCalibration } from './calibration-file.ts'
import { gradientFreeExcess, inversion, tracingMethod } from './method.ts'
import { searchGrid } from './search-grid.ts'
import { blockAutoencoder, made, noiseImages, saved } from './testing.ts'
import { traceImage } from './trace-image.ts'

const SIZE = 32
let autoencoder: Autoencoder
let calibration: TracerCalibration

/** Smooth pictures, another for each index. */
const images = (seed: string, length: number) => ({
  length,
  read: async (index: number, size: number) => tf.tidy(() => picture(`${seed} ${index}`, size)),
})
const picture = (seed: string, size = SIZE): UnitImages =>
  tf.tidy(() => gaussianBlur(noiseImages(seed, [1, size, size], 0.6), { sigma: 1 }))

beforeAll(async () => {
  await tf.setBackend('cpu')
  autoencoder = blockAutoencoder()
  calibration = await calibrateTracer({
    ...{ autoencoder, images: images('calibration', 8), size: SIZE, codec: jpegJsCodec() },
    methods: [gradientFreeExcess(), inversion('excess', 5)],
    formats: [{ format: 'png' }, { format: 'jpeg', quality: 90, subsampling: '4:4:4' }],
  })
}, 120_000)
afterAll(() => autoencoder.dispose())

const options = (more: Partial<Parameters<typeof traceImage>[1]> = {}) => ({
  ...{ autoencoder, calibration, saved: { format: 'png' } as const, method: 'gradient-free', ...more },
})

describe('calibrateTracer', () => {
  test('scores what it made itself, by format, method and class', async () => {
    expect(calibration.sets.map(({ saved, method }) => [saved.format, method])).toEqual([
      ['png', 'gradient-free'],
      ['png', 'inversion:excess:5'],
      ['jpeg', 'gradient-free'],
      ['jpeg', 'inversion:excess:5'],
    ])
    for (const { belonging, foreign } of calibration.sets) {
      expect(belonging).toHaveLength(8)
      expect(Object.keys(foreign)).toEqual(['photographs', 'smoothed', 'mirrored', 'transposed', 'channels reversed'])
      for (const scores of Object.values(foreign)) expect(scores).toHaveLength(8)
    }
    expect(readCalibration(writeCalibration(calibration))).toEqual(calibration)
    expect(calibration.autoencoder.hash).toBe(await autoencoderHash(autoencoder))
  })
  test('leaves no tensor, also when it is stopped, and takes further classes', async () => {
    const before = tf.memory().numTensors
    const controller = new AbortController()
    const stopped = calibrateTracer({
      ...{
        autoencoder,
        images: images('a', 3),
        size: SIZE,
        methods: [gradientFreeExcess()],
        signal: controller.signal,
      },
      onProgress: () => controller.abort(),
    })
    await expect(stopped).rejects.toMatchObject({ code: 'aborted', message: 'stopped after 1 of 3 images' })
    const { sets } = await calibrateTracer({
      ...{ autoencoder, images: images('a', 3), foreign: { theirs: images('b', 4) }, size: SIZE },
      methods: [gradientFreeExcess()],
    })
    expect(sets[0]?.foreign.theirs).toHaveLength(4)
    expect(tf.memory().numTensors).toBe(before)
  })
  test('refuses what it cannot calibrate with', async () => {
    const few = calibrateTracer({ autoencoder, images: images('a', 2), size: SIZE })
    await expect(few).rejects.toThrow('photographs: 2 images, expected at least 3')
    await expect(calibrateTracer({ autoencoder, images: images('a', 3), size: 33 })).rejects.toThrow('size is 33')
    const jpeg = [{ format: 'jpeg', quality: 90 } as const]
    const without = calibrateTracer({ autoencoder, images: images('a', 3), size: SIZE, formats: jpeg })
    await expect(without).rejects.toThrow('a codec is needed')
  })
})

describe('traceImage', () => {
  test('names what the decoder made and what it did not, and leaves no tensor', async () => {
    const before = tf.memory().numTensors
    const own = await made(autoencoder, 'an own one', [1, SIZE, SIZE], picture)
    const other = await saved(picture('another'))
    const [belongs, foreign] = [await traceImage(own, options()), await traceImage(other, options())]
    expect(belongs).toMatchObject({
      verdict: 'belongs',
      method: 'gradient-free',
      offsets: 1,
      extrapolates: [],
      first: null,
    })
    expect(belongs.pForeign.p).toBeLessThan(0.01)
    expect(belongs.pForeign.extrapolated).toBe(true)
    expect(foreign).toMatchObject({ verdict: 'foreign' })
    expect(foreign.pBelongs.p).toBeLessThan(0.01)
    tf.dispose([own, other])
    expect(tf.memory().numTensors).toBe(before)
  })

  test('asks a second method where the first leaves an image undecided, each at half the rate', async () => {
    const own = await made(autoencoder, 'an own one', [1, SIZE, SIZE], picture)
    const sure = await traceImage(own, options({ second: 'inversion:excess:5' }))
    expect(sure.first).toBeNull()
    const unsure = await traceImage(own, options({ second: 'inversion:excess:5', alpha: 1e-30 }))
    expect(unsure.method).toBe('inversion:excess:5')
    expect(unsure.first).toMatchObject({ method: 'gradient-free', verdict: 'undecided' })
    own.dispose()
  })

  test('finds the grid of a crop, and counts the offsets that it tried', async () => {
    const own = await made(autoencoder, 'cropped', [1, 48, 48], picture)
    const cropped = asUnit(tf.slice(own, [0, 3, 6, 0], [1, 45, 42, 3]))
    const found = await searchGrid(autoencoder, cropped)
    expect(found).toEqual({ top: 5, left: 2, offsets: 64 })
    const before = tf.memory().numTensors
    const traced = await traceImage(cropped, options({ searchGrid: true }))
    expect(traced).toMatchObject({ verdict: 'belongs', offsets: 64, grid: { top: 5, left: 2, height: 40, width: 40 } })
    expect(tf.memory().numTensors).toBe(before)
    tf.dispose([own, cropped])
  })

  test('refuses what its calibration does not cover, or says that it extrapolates', async () => {
    const large = await saved(picture('large', 64))
    const image = await saved(picture('small'))
    const refused = async (what: UnitImages, more: Parameters<typeof options>[0], code: string, message: string) => {
      await expect(traceImage(what, options(more))).rejects.toMatchObject({ code })
      await expect(traceImage(what, options(more))).rejects.toThrow(message)
    }
    await refused(large, {}, 'no-decision', 'does not cover the size of this image of 64x64 pixels')
    await refused(image, { saved: { format: 'jpeg' } }, 'no-decision', 'does not cover the quality')
    await refused(image, { saved: { format: 'jpeg', quality: 50 } }, 'no-decision', 'does not cover the quality')
    const halved = { format: 'jpeg', quality: 90, subsampling: '4:2:0' } as const
    await refused(
      image,
      { saved: halved },
      'no-decision',
      'the subsampling of this image of 32x32 pixels, jpeg:90 4:2:0;',
    )
    const webp = { format: 'other', name: 'webp' } as const
    await refused(image, { saved: webp, extrapolate: true }, 'no-decision', 'no scores of gradient-free for webp, but')
    await refused(
      image,
      { method: 'balanced' },
      'no-decision',
      'no scores of balanced for png, but gradient-free of 32x32 png',
    )
    await refused(image, { method: 'magic' }, 'bad-argument', 'unknown method: expected balanced')
    await refused(image, { second: 'gradient-free:5' }, 'bad-argument', 'second is gradient-free, which is the first')
    await refused(image, { alpha: 0 }, 'bad-argument', 'alpha is 0')
    const other = { ...calibration, autoencoder: { ...calibration.autoencoder, hash: 'f'.repeat(64) } }
    await refused(image, { calibration: other }, 'bad-calibration', 'the calibration is of another autoencoder')
    const white = asUnit(tf.ones([1, SIZE, SIZE, 3]))
    await refused(white, {}, 'no-decision', 'one plain colour')
    expect(await traceImage(large, options({ extrapolate: true }))).toMatchObject({ extrapolates: ['size'] })
    const jpeg = { saved: { format: 'jpeg', quality: 92, subsampling: '4:4:4' } as const }
    expect(await traceImage(image, options(jpeg))).toMatchObject({ extrapolates: [] })
    tf.dispose([large, image, white])
  })
})

test('a method is read back from its name', () => {
  const names = [
    'balanced',
    'balanced:colour',
    'two-pass',
    'two-pass:squared',
    'two-pass:absolute',
    'gradient-free',
    'gradient-free:3',
  ]
  for (const name of [...names, 'inversion', 'inversion:published:100']) expect(tracingMethod(name).name).toBe(name)
  for (const name of [
    '',
    'inversion:excess',
    'inversion:excess:0',
    'balanced:1',
    'two-pass:cubed',
    'gradient-free:1:2',
  ])
    expect(() => tracingMethod(name)).toThrow('unknown method')
})

test('every method scores each image of a batch, low for what the decoder made', async () => {
  const own = await made(autoencoder, 'an own one', [1, SIZE, SIZE], picture)
  const other = await saved(picture('another'))
  const both = asUnit(tf.concat([own, other]))
  const before = tf.memory().numTensors
  for (const name of [
    'balanced',
    'balanced:colour',
    'two-pass',
    'two-pass:absolute',
    'gradient-free',
    'inversion:published:4',
    'inversion:excess:4',
  ]) {
    const [a = Number.NaN, b = Number.NaN] = await tracingMethod(name).score(autoencoder, both)
    expect(a, name).toBeLessThan(b)
  }
  expect(tf.memory().numTensors).toBe(before)
  tf.dispose([own, other, both])
})
