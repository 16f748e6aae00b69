import '@tensorflow/tfjs-backend-cpu'
import { stateOf, tinyState } from '@stablesig/testing/networks'
import { numberToFloat16 } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Autoencoder, joinAutoencoder } from '../../models/autoencoders/autoencoder.ts'
import { gaussian } from '../../models/autoencoders/gaussian.ts'
import { klDecoder, klEncoder } from '../../models/autoencoders/kl.ts'
import { klPlan } from '../../models/autoencoders/kl-plan.ts'
import {
  affineScaling,
  batchNormScaling,
  type LatentScaling,
  unknownScaling,
} from '../../models/autoencoders/latents.ts'
import { randomKlDecoder, randomKlEncoder, randomKlWeights } from '../../models/autoencoders/random.ts'
import { loadAutoencoder } from '../../models/autoencoders/read-autoencoder.ts'
import { asUnit } from '../../signal/images.ts'
import { decode, encode } from '../graphs.ts'
import { padImages } from '../tiling/padding.ts'
import { decodeTiled, encodeTiled, momentsTiled } from '../tiling/tiled.ts'
import { decodeLatents } from './decode-latents.ts'
import { encodeImages, reconstructImages } from './encode-images.ts'
import { eachLatent, latentArray, latentTensor, readLatents } from './latent-array.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const KL = { widths: [4, 8], latentChannels: 2, groups: 2, blocks: 1 }
const kl = (latents: LatentScaling) => joinAutoencoder(randomKlEncoder(KL, 1), randomKlDecoder(KL, 2), latents)
const tiny = (pooled: boolean) => {
  const shape = { width: 4, latentChannels: 4, pooled, spelling: 'taesd' as const }
  return loadAutoencoder({ encoder: tinyState('encoder', shape), decoder: tinyState('decoder', shape) })
}

const images = (height: number, width: number, count = 1) =>
  asUnit(tf.randomUniform([count, height, width, 3], 0, 1, 'float32', 3))
const normal = (shape: [number, number, number, number]) => tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', 4)

/** Greatest difference of two tensors, which are disposed. */
async function apart(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  expect(a.shape).toEqual(b.shape)
  const most = tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))))
  const [value = Number.NaN] = await most.data()
  tf.dispose([a, b, most])
  return value
}

/** Runs, and holds the number of tensors to what it was. */
async function balanced(run: () => Promise<void>): Promise<void> {
  const before = tf.memory().numTensors
  await run()
  expect(tf.memory().numTensors).toBe(before)
}

/** Attention at a level of its own as well, and codes. */
const vq = () => {
  const shape = { ...KL, family: 'vq' as const, attention: [false, true] }
  const [down, up] = [klPlan('encoder', shape), klPlan('decoder', shape)]
  const codebook = tf.randomNormal<tf.Rank.R2>([8, KL.latentChannels], 0, 1, 'float32', 9)
  return joinAutoencoder(
    klEncoder(down, { weights: randomKlWeights(down, 3) }),
    klDecoder(up, { weights: randomKlWeights(up, 4), codebook }),
    affineScaling(1),
  )
}

const families: [string, () => Promise<Autoencoder>, memoryBytes: number][] = [
  // What stands at the latents' resolution with attention needs most of this.
  ['kl', async () => kl(affineScaling(0.5, 0.1)), 28_000],
  ['vq', async () => vq(), 28_000],
  ['tiny', () => tiny(false), 10_000],
  ['tiny, pooled', () => tiny(true), 10_000],
]

describe.each(families)('the %s family', (_, open, memoryBytes) => {
  test('is the same in tiles, both ways', async () => {
    const autoencoder = await open()
    const { downscale, latentChannels } = autoencoder
    await balanced(async () => {
      const z = normal([1, 3, 45, latentChannels])
      const x = images(3 * downscale, 45 * downscale)
      const tiles: number[] = []
      const options = { memoryBytes, onTile: ({ tiles: n }: { tiles: number }) => tiles.push(n) }
      expect(await apart(await decodeTiled(autoencoder, z, options), decode(autoencoder, z))).toBeLessThan(2e-5)
      expect(Math.max(...tiles)).toBeGreaterThan(1)
      tiles.length = 0
      expect(await apart(await encodeTiled(autoencoder, x, options), encode(autoencoder, x))).toBeLessThan(2e-5)
      expect(Math.max(...tiles)).toBeGreaterThan(1)
      tf.dispose([z, x])
    })
    autoencoder.dispose()
  })

  test('takes images of any size and gives them back at it', async () => {
    const autoencoder = await open()
    const { downscale } = autoencoder
    await balanced(async () => {
      const odd = images(2 * downscale + 3, 3 * downscale - 1)
      const made = await reconstructImages(autoencoder, odd)
      expect(made.shape).toEqual(odd.shape)
      const whole = images(2 * downscale, downscale)
      const plain = tf.tidy(() => decode(autoencoder, encode(autoencoder, whole)))
      expect(await apart(await reconstructImages(autoencoder, whole), plain)).toBe(0)
      const latents = await encodeImages(autoencoder, odd)
      expect(latents.shape).toEqual([1, 2 + Math.ceil(3 / downscale), 3, autoencoder.latentChannels])
      tf.dispose([odd, made, whole, latents])
    })
    autoencoder.dispose()
  })

  test('decodes what a generator gives: scaled, in PyTorch’s order, full and half', async () => {
    const autoencoder = await open()
    const { latentChannels: c } = autoencoder
    await balanced(async () => {
      const z = normal([2, 3, 2, c])
      const want = () => decode(autoencoder, z)
      const scaled = autoencoder.latents.toGenerator(z)
      expect(await apart(await decodeLatents(autoencoder, scaled), want())).toBeLessThan(1e-5)
      expect(await apart(await decodeLatents(autoencoder, z, { scaled: false }), want())).toBe(0)
      const array = await latentArray(scaled)
      expect(array.shape).toEqual([2, c, 3, 2])
      expect(await apart(await decodeLatents(autoencoder, array), want())).toBeLessThan(1e-5)
      const half = { values: Uint16Array.from(array.values, numberToFloat16), shape: array.shape }
      expect(await apart(await decodeLatents(autoencoder, half), want())).toBeLessThan(2e-2)
      const one = { values: array.values.slice(0, 6 * c), shape: [c, 3, 2] }
      const first = tf.tidy(() => decode(autoencoder, tf.slice(z, 0, 1)))
      expect(await apart(await decodeLatents(autoencoder, one), first)).toBeLessThan(1e-5)
      const signed = Object.fromEntries(
        Object.entries(autoencoder.decoder.weights).map(([name, weight]) => [name, tf.mul(weight, 0.9)]),
      )
      const other = await decodeLatents(autoencoder, z, { scaled: false, weights: signed })
      expect(await apart(other, decode(autoencoder, z, signed))).toBe(0)
      tf.dispose([z, scaled, signed])
    })
    autoencoder.dispose()
  })
})

test('packed latents are FLUX.1’s and FLUX.2’s', async () => {
  const c = KL.latentChannels
  const mean = Float32Array.from({ length: 4 * c }, (_, i) => i / 10)
  const variance = Float32Array.from({ length: 4 * c }, (_, i) => 1 + i / 5)
  for (const scaling of [affineScaling(0.36, 0.12), batchNormScaling(mean, variance)]) {
    const autoencoder = kl(scaling)
    await balanced(async () => {
      const z = normal([1, 4, 6, c])
      const scaled = tf.tidy(() => scaling.toGenerator(z).clone())
      const want = () => decode(autoencoder, z)
      // Packed as those pipelines do: channel 4c + 2i + j of row i and column j of a square.
      const rows = scaled.shape[3] === c ? 2 : 1
      const packed = tf.tidy(() =>
        tf.reshape(tf.transpose(tf.reshape(scaled, [2, rows, 3, rows, scaled.shape[3]]), [0, 2, 4, 1, 3]), [
          1,
          2,
          3,
          4 * c,
        ]),
      ) as tf.Tensor4D
      expect(await apart(await decodeLatents(autoencoder, packed), want())).toBeLessThan(1e-5)
      expect(await apart(await decodeLatents(autoencoder, await latentArray(packed)), want())).toBeLessThan(1e-5)
      const sequence = { values: await packed.data<'float32'>(), shape: [1, 6, 4 * c] }
      const size = { height: 8, width: 12 }
      expect(await apart(await decodeLatents(autoencoder, sequence, size), want())).toBeLessThan(1e-5)
      expect(await apart(await decodeLatents(autoencoder, sequence, { width: 12 }), want())).toBeLessThan(1e-5)
      await expect(decodeLatents(autoencoder, sequence)).rejects.toThrow(/6 packed latents is not a square/)
      await expect(decodeLatents(autoencoder, sequence, { height: 8, width: 8 })).rejects.toThrow(/not 8x8 pixels/)
      tf.dispose([z, scaled, packed])
    })
    if (scaling.kind === 'batch-norm') {
      await balanced(async () => {
        const plain = normal([1, 4, 6, c])
        await expect(decodeLatents(autoencoder, plain)).rejects.toMatchObject({ code: 'shape' })
        const odd = images(5, 7)
        const latents = await encodeImages(autoencoder, odd)
        expect(latents.shape).toEqual([1, 2, 2, 4 * c])
        tf.dispose([plain, odd, latents])
      })
    }
    autoencoder.dispose()
  }
})

test('samples are of the distribution, and from a seed', async () => {
  const autoencoder = kl(affineScaling(2))
  await balanced(async () => {
    const x = images(8, 6)
    const noise = normal([1, 4, 3, 2])
    const other = normal([1, 3, 4, 2])
    const want = tf.tidy(() => {
      const moments = autoencoder.encoder.moments!(autoencoder.encoder.weights, x)
      const { mean, logvar } = gaussian(moments)
      return tf.mul(tf.add(mean, tf.mul(tf.exp(tf.div(logvar, 2)), noise)), 2)
    })
    expect(await apart(await encodeImages(autoencoder, x, { take: 'sample', noise }), want)).toBeLessThan(1e-5)
    const moments = await momentsTiled(autoencoder, x, { memoryBytes: 20_000 })
    expect(await apart(moments, autoencoder.encoder.moments!(autoencoder.encoder.weights, x))).toBeLessThan(1e-5)
    const draw = (seed: number) => encodeImages(autoencoder, x, { take: 'sample', seed })
    expect(await apart(await draw(1), await draw(1))).toBe(0)
    expect(await apart(await draw(1), await draw(2))).toBeGreaterThan(0.1)
    const own = await encodeImages(autoencoder, x, { take: 'mean', scaled: false })
    expect(await apart(own, encode(autoencoder, x))).toBe(0)
    await expect(encodeImages(autoencoder, x, { take: 'sample', noise: other })).rejects.toMatchObject({
      code: 'shape',
    })
    tf.dispose([x, noise, other])
  })
  autoencoder.dispose()
})

test('what cannot be is refused before any work, and leaves no tensor', async () => {
  const autoencoder = kl(unknownScaling('no config'))
  const small = await tiny(false)
  await balanced(async () => {
    const z = normal([1, 2, 2, 2])
    const x = images(8, 8)
    await expect(decodeLatents(autoencoder, z)).rejects.toThrow(/no config/)
    await expect(encodeImages(autoencoder, x)).rejects.toThrow(/no config/)
    await expect(encodeImages(small, x, { take: 'sample' })).rejects.toMatchObject({ code: 'unsupported' })
    await expect(momentsTiled(small, x)).rejects.toMatchObject({ code: 'unsupported' })
    await expect(decodeLatents(small, z)).rejects.toThrow(/expected 4 channels, or 16 packed/)
    const aborted = { scaled: false, signal: AbortSignal.abort() }
    await expect(decodeLatents(autoencoder, z, aborted)).rejects.toMatchObject({ code: 'aborted' })
    const wrong = [
      { values: new Float32Array(12), shape: [1, 3, 2, 2] },
      { values: new Float32Array(7), shape: [1, 2, 2, 2] },
      { values: new Float32Array(0), shape: [0, 2, 2, 2] },
      { values: new Float32Array(4), shape: [2, 2] },
    ]
    for (const latents of wrong) expect(() => latentTensor(latents, autoencoder)).toThrow(/shape/)
    tf.dispose([z, x])
  })
  autoencoder.dispose()
  small.dispose()
})

test('a latent as wide as a sequence has channels is one latent, unless a size says otherwise', () => {
  const form = { latentChannels: 4, downscale: 8 }
  const latents = { values: new Float32Array(4 * 9 * 16), shape: [4, 9, 16] }
  const shapeOf = (shape?: { height: number }) => tf.tidy(() => latentTensor(latents, form, shape).shape)
  expect(shapeOf()).toEqual([1, 9, 16, 4])
  expect(shapeOf({ height: 48 })).toEqual([4, 3, 3, 16])
  expect(eachLatent(latents, form)).toEqual([latents])
  expect(eachLatent(latents, form, { height: 48 }).map(({ shape }) => shape)).toEqual(Array(4).fill([1, 9, 16]))
  const batch = { values: new Float32Array(2 * 16 * 3 * 3), shape: [2, 16, 3, 3] }
  expect(eachLatent(batch, form).map(({ shape }) => shape)).toEqual(Array(2).fill([1, 16, 3, 3]))
})

test('latents are found in a file', async () => {
  const values = Float32Array.from({ length: 16 }, (_, i) => i)
  const state = stateOf({ latents: [[1, 4, 2, 2], values], timesteps: [[3], [1, 2, 3]] })
  expect(await readLatents(state)).toEqual({ values, shape: [1, 4, 2, 2] })
  const two = stateOf({ a: [[4, 2, 2], values], b: [[1, 4, 2, 2], values] })
  expect((await readLatents(two, 'a')).shape).toEqual([4, 2, 2])
  await expect(readLatents(two)).rejects.toThrow(/several arrays.*a \[4,2,2\], b \[1,4,2,2\]/)
  await expect(readLatents(state, 'noise')).rejects.toThrow(/no latents.*named noise/)
  await expect(readLatents(stateOf({ t: [[3], [1, 2, 3]] }))).rejects.toMatchObject({ code: 'bad-weights' })
})

test('ComfyUI’s latents are unscaled where the file says so, and else scaled by 0.18215, whatever the generator', async () => {
  const values = Float32Array.from({ length: 2 * 2 * 3 * 2 }, (_, i) => Math.sin(i))
  const shape = [2, 2, 3, 2]
  const marker: [number[], number[]] = [[0], []]
  const marked = await readLatents(stateOf({ latent_format_version_0: marker, latent_tensor: [shape, values] }))
  expect(marked).toEqual({ values, shape, unscaled: true })
  const unmarked = await readLatents(stateOf({ latent_tensor: [shape, values.map((x) => x * 0.18215)] }))
  expect(unmarked).toMatchObject({ shape, unscaled: true })
  for (const [i, value] of values.entries()) expect(unmarked.values[i]).toBeCloseTo(value, 6)
  const c = KL.latentChannels
  for (const scaling of [affineScaling(0.13, 0.2), unknownScaling('no config')]) {
    const autoencoder = kl(scaling)
    await balanced(async () => {
      const z = tf.tidy(() => tf.transpose(tf.tensor4d(values, [2, c, 3, 2]), [0, 2, 3, 1]))
      for (const found of [marked, unmarked]) {
        const [first, second] = eachLatent(found, autoencoder)
        const want = (i: number) => tf.tidy(() => decode(autoencoder, tf.slice(z, i, 1)))
        expect(await apart(await decodeLatents(autoencoder, first!), want(0))).toBeLessThan(1e-5)
        expect(await apart(await decodeLatents(autoencoder, second!), want(1))).toBeLessThan(1e-5)
      }
      z.dispose()
    })
    autoencoder.dispose()
  }
})

test('ComfyUI’s latents of FLUX.2 are normalised and packed', async () => {
  const c = KL.latentChannels
  const mean = Float32Array.from({ length: 4 * c }, (_, i) => i / 10)
  const scaling = batchNormScaling(mean, new Float32Array(4 * c).fill(2))
  const autoencoder = kl(scaling)
  await balanced(async () => {
    const z = normal([1, 4, 6, c])
    const packed = tf.tidy(() => scaling.toGenerator(z).clone())
    const found = { ...(await latentArray(packed)), unscaled: true }
    expect(await apart(await decodeLatents(autoencoder, found), decode(autoencoder, z))).toBeLessThan(1e-5)
    const plain = { ...(await latentArray(z)), unscaled: true }
    expect(await apart(await decodeLatents(autoencoder, plain), decode(autoencoder, z))).toBe(0)
    tf.dispose([z, packed])
  })
  autoencoder.dispose()
})

test('padding repeats the last row and column', async () => {
  await balanced(async () => {
    const x = images(2, 3)
    const padded = padImages(x, 4)
    expect(padded.shape).toEqual([1, 4, 4, 3])
    const [a, b] = [await x.array(), await padded.array()]
    expect(b[0]![0]!.slice(0, 3)).toEqual(a[0]![0])
    expect(b[0]![1]![3]).toEqual(a[0]![1]![2])
    expect(b[0]![3]![3]).toEqual(a[0]![1]![2])
    tf.dispose([x, padded])
  })
})
