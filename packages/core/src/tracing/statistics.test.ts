import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import type { Weights } from '../models/weights.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { balancedTerms, shiftedErrors, turnedErrors } from './balanced.ts'
import { cropToGrid } from './crop-to-grid.ts'
import { gradientFree } from './gradient-free.ts'
import { noiseImages, saved, tinyAutoencoder } from './testing.ts'
import { homogeneity, twoPass } from './two-pass.ts'

let autoencoder: Autoencoder
let square: UnitImages
let wide: UnitImages

beforeAll(async () => {
  await tf.setBackend('cpu')
  autoencoder = await tinyAutoencoder()
  square = noiseImages('square', [2, 24, 24])
  wide = noiseImages('wide', [1, 16, 32])
})
afterAll(() => {
  tf.dispose([square, wide])
  autoencoder.dispose()
})

test('the balanced statistic is the sum of its terms, each from passes of its own', async () => {
  for (const images of [square, wide]) {
    const before = tf.memory().numTensors
    const terms = await balancedTerms(autoencoder, images)
    const coloured = await balancedTerms(autoencoder, images, { colour: true })
    const passes = await twoPass(autoencoder, images)
    const [own, turned, exchanged] = turnedErrors(autoencoder, images, ['r90', 'bgr']).map((errors) =>
      errors.arraySync(),
    )
    const [aligned, shifted] = shiftedErrors(autoencoder, images, 8).map((errors) => errors.arraySync())
    const ln = (a?: number, b?: number) => Math.log((a ?? 0) / (b ?? 0))
    for (const [i, term] of terms.entries()) {
      expect(term.twoPass).toBeCloseTo(Math.log(passes[i]?.ratio ?? 0), 5)
      expect(term.rotation).toBeCloseTo(ln(own?.[i], turned?.[i]), 5)
      expect(term.shift).toBeCloseTo(ln(aligned?.[i], shifted?.[i]), 5)
      expect(term.sum).toBe(term.twoPass + term.rotation + term.shift)
      expect(term.colour).toBe(null)
      const colour = coloured[i]?.colour ?? Number.NaN
      expect(colour).toBeCloseTo(ln(own?.[i], exchanged?.[i]), 5)
      expect(coloured[i]?.sum).toBeCloseTo(term.sum + colour, 5)
    }
    // The five errors above are the test's.
    expect(tf.memory().numTensors).toBe(before + 5)
  }
})

test('an image that comes back unchanged is no evidence', async () => {
  const white = asUnit(tf.ones([1, 24, 24, 3]))
  const { decoder } = autoencoder
  const toWhite = {
    ...decoder,
    apply: (_: Weights, { shape: [n, h, w] }: tf.Tensor4D) => asUnit(tf.ones([n, 8 * h, 8 * w, 3])),
  }
  const before = tf.memory().numTensors
  await expect(balancedTerms({ ...autoencoder, decoder: toWhite }, white)).rejects.toMatchObject({
    code: 'no-decision',
  })
  expect(tf.memory().numTensors).toBe(before)
  white.dispose()
})

test('images too small for a shift are refused by their size', () => {
  const small = noiseImages('small', [1, 8, 24])
  const before = tf.memory().numTensors
  expect(() => shiftedErrors(autoencoder, small, 8)).toThrow('24x8 pixels: two squares of 8')
  expect(tf.memory().numTensors).toBe(before)
  small.dispose()
})

test('gradientFree leaves its latents alone and finds a smaller loss for what the decoder made', async () => {
  const before = tf.memory().numTensors
  const { results, latents } = await gradientFree(autoencoder, square)
  expect(results.map(({ losses }) => losses.length)).toEqual([5, 5])
  expect(latents.shape).toEqual([2, 3, 3, 4])
  latents.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('homogeneity counts horizontal neighbours, by either weight', () => {
  // Two rows of grey levels 0, 8, 24: steps of 1 and 2 levels together.
  const row = [0, 8, 24].flatMap((grey) => [grey, grey, grey])
  const bytes = Uint8Array.from([...row, ...row])
  expect(homogeneity(bytes, 3, 'squared')).toBeCloseTo((1 / 2 + 1 / 5) / 2, 12)
  expect(homogeneity(bytes, 3, 'absolute')).toBeCloseTo((1 / 2 + 1 / 3) / 2, 12)
})

test('cropToGrid cuts and never resizes', async () => {
  const images = await saved(noiseImages('crop', [1, 21, 30]))
  const cut = cropToGrid(images, 8, { top: 3, left: 5 })
  expect(cut.shape).toEqual([1, 16, 24, 3])
  expect(cut.arraySync()[0]?.[0]?.[0]).toEqual(images.arraySync()[0]?.[3]?.[5])
  expect(() => cropToGrid(images, 8, { top: 14 })).toThrow('30x21 pixels have no square of 8 pixels')
  tf.dispose([images, cut])
})
