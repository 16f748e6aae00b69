import { readFileSync } from 'node:fs'
import '@tensorflow/tfjs-backend-cpu'
import { klState, tinyState } from '@stablesig/testing/networks'
import { memorySource, openWeights, readFloat32, type StateDict } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { valueAndGradients } from '../../ops/value-and-gradients.ts'
import { asSigned, asUnit, signedToUnit, type UnitImages, unitToSigned } from '../../signal/images.ts'
import { oihw } from '../layout.ts'
import { scope } from '../weights.ts'
import type { Autoencoder } from './autoencoder.ts'
import { encodeDistribution, gaussian, klDivergence, sampleLatents } from './gaussian.ts'
import { attentionBlock } from './kl-layers.ts'
import { bytesToLatents, latentsToBytes } from './latent-bytes.ts'
import { quantise } from './quantise.ts'
import { randomKlDecoder, randomKlEncoder } from './random.ts'
import { loadAutoencoder, readAutoencoder, readDecoder } from './read-autoencoder.ts'

let before = 0
beforeAll(async () => {
  await tf.setBackend('cpu')
})
beforeEach(() => {
  before = tf.memory().numTensors
})
// No test leaves a tensor.
afterEach(() => expect(tf.memory().numTensors).toBe(before))

const goldens = new URL('../../../../../goldens/fixtures/autoencoders/', import.meta.url)
const open = (file: string, folder = goldens): Promise<StateDict> =>
  openWeights(memorySource(file, readFileSync(new URL(file, folder))))
const config = (file: string): unknown => JSON.parse(readFileSync(new URL(file, goldens), 'utf8'))

/** A golden's tensor. Pictures and latents [N,C,H,W] are turned to [N,H,W,C]. */
async function stored(state: StateDict, name: string): Promise<tf.Tensor> {
  const found = state.tensors.get(name)
  if (!found) throw new Error(`no ${name}`)
  const values = await readFloat32(found)
  return tf.tidy(() => {
    const tensor = tf.tensor(values, [...found.shape])
    return tensor.rank === 4 ? tf.transpose(tensor, [0, 2, 3, 1]) : tensor
  })
}

/** Greatest |got - want| / (1 + |want|); both are disposed. */
async function furthest(got: tf.Tensor, want: tf.Tensor): Promise<number> {
  expect(got.shape).toEqual(want.shape)
  const worst = tf.tidy(() => tf.max(tf.div(tf.abs(tf.sub(got, want)), tf.add(1, tf.abs(want)))))
  const [value] = await worst.data()
  tf.dispose([got, want, worst])
  return value ?? Number.NaN
}

const using = async <T>(autoencoder: Autoencoder, use: (autoencoder: Autoencoder) => Promise<T>): Promise<T> => {
  const result = await use(autoencoder)
  autoencoder.dispose()
  return result
}

describe('against reference values', () => {
  test('a KL encoder of odd sides, and a decoder’s gradients by its latents and its weights', async () => {
    const state = await open('kl4/diffusion_pytorch_model.safetensors')
    await using(
      await readAutoencoder(state, { config: config('kl4/config.json') }),
      async ({ encoder, decoder, latents }) => {
        expect([latents.kind, latents.scale, latents.shift]).toEqual(['affine', 0.18215, 0])
        const odd = await open('kl4-encode-odd.safetensors')
        const image = await stored(odd, 'image')
        const x = tf.tidy(() => signedToUnit(asSigned(image as tf.Tensor4D)))
        expect(await furthest(encoder.moments!(encoder.weights, x), await stored(odd, 'moments'))).toBeLessThan(1e-4)

        const golden = await open('kl4-grad.safetensors')
        const [z, w] = [(await stored(golden, 'z')) as tf.Tensor4D, await stored(golden, 'w')]
        const { loss, gradients } = valueAndGradients(
          () => ({
            loss: tf.sum<tf.Scalar>(tf.mul(w, unitToSigned(decoder.apply(decoder.weights, z)))),
            aux: {},
          }),
          { ...decoder.weights, z },
        )
        const objective = await stored(golden, 'objective')
        expect(await furthest(tf.reshape(loss, [1]), objective)).toBeLessThan(2e-3)
        for (const [ours, theirs] of [...decoder.names, ['z', 'z']] as [string, string][]) {
          const want = golden.tensors.get(`grad.${theirs}`)
          if (!want) continue
          const gradient = gradients[ours]!
          const values = await gradient.data<'float32'>()
          if (theirs === 'z')
            expect(await furthest(tf.clone(gradient), await stored(golden, 'grad.z'))).toBeLessThan(2e-3)
          else {
            const got = gradient.rank === 4 ? oihw(values, gradient.shape) : values
            expect(await furthest(tf.tensor1d(got), tf.tensor1d(await readFloat32(want)))).toBeLessThan(2e-3)
          }
        }
        tf.dispose([image, x, z, w, loss, gradients])
      },
    )
  })

  test('FLUX.2: packed latents, in its own spelling and in diffusers’, to the same bits', async () => {
    const golden = await open('klflux2-decode.safetensors')
    const packed = (await stored(golden, 'packed')) as tf.Tensor4D
    const images: Float32Array[] = []
    for (const file of ['klflux2/diffusion_pytorch_model.safetensors', 'klflux2/ldm.safetensors'])
      await using(await readAutoencoder(await open(file), { groups: 2 }), async ({ decoder, latents }) => {
        expect(latents.kind).toBe('batch-norm')
        const z = latents.fromGenerator(packed)
        expect(await furthest(latents.toGenerator(z), tf.clone(packed))).toBeLessThan(1e-6)
        const image = tf.tidy(() => unitToSigned(decoder.apply(decoder.weights, z)))
        images.push(await image.data<'float32'>())
        expect(await furthest(image, await stored(golden, 'image'))).toBeLessThan(1e-4)
        expect(await furthest(z, await stored(golden, 'z'))).toBeLessThan(1e-4)
      })
    expect(images[1]).toEqual(images[0])
    packed.dispose()
  })

  test('VQGAN: codes, and images of latents that are and are not quantised', async () => {
    const golden = await open('vqgan-decode.safetensors')
    const h = (await stored(golden, 'h')) as tf.Tensor4D
    for (const file of ['vqgan/diffusion_pytorch_model.safetensors', 'vqgan/ldm.safetensors'])
      await using(await readAutoencoder(await open(file), { groups: 2 }), async ({ decoder }) => {
        const { codebook, decodeCodes } = decoder.quantiser!
        const { indices, quantised } = quantise(h, codebook)
        expect(await furthest(indices, await stored(golden, 'indices'))).toBe(0)
        expect(await furthest(quantised, await stored(golden, 'quantised'))).toBe(0)
        const signed = (images: UnitImages) => tf.tidy(() => unitToSigned(images))
        const [image, not] = [decoder.apply(decoder.weights, h), decodeCodes(decoder.weights, h)]
        expect(await furthest(signed(image), await stored(golden, 'image'))).toBeLessThan(1e-4)
        expect(await furthest(signed(not), await stored(golden, 'imageNotQuantised'))).toBeLessThan(1e-4)
        tf.dispose([image, not])
      })
    h.dispose()
  })

  test('the 32x variant of the tiny family', async () => {
    const state = await open('tiny-f32.safetensors', new URL('fixtures/', import.meta.url))
    const tensors = new Map([...state.tensors].filter(([name]) => name.includes('.')))
    await using(
      await readAutoencoder({ ...state, tensors }),
      async ({ encoder, decoder, downscale, latentChannels }) => {
        expect([downscale, latentChannels]).toEqual([32, 3])
        expect(encoder.widths).toEqual([1, 2, 2, 2, 2])
        expect(decoder.widths).toEqual([2, 2, 2, 2, 4, 8])
        const [image, z] = [await stored(state, 'image'), await stored(state, 'z')]
        const latent = encoder.apply(encoder.weights, asUnit(image as tf.Tensor4D))
        expect(await furthest(latent, await stored(state, 'latent'))).toBeLessThan(1e-5)
        const decoded = decoder.apply(decoder.weights, z as tf.Tensor4D)
        expect(await furthest(decoded, await stored(state, 'decoded'))).toBeLessThan(1e-5)
        tf.dispose([image, z])
      },
    )
  })

  test('ties go to the first code, also where positions are looked up in runs', async () => {
    const golden = await open('quantise-ties.safetensors')
    const h = (await stored(golden, 'h')) as tf.Tensor4D
    const codebook = (await stored(golden, 'codebook')) as tf.Tensor2D
    for (const bytes of [undefined, 1]) {
      const { indices, quantised } = quantise(h, codebook, bytes)
      expect(await furthest(indices, await stored(golden, 'indices'))).toBe(0)
      expect(await furthest(quantised, await stored(golden, 'quantised'))).toBe(0)
    }
    const narrow = tf.tensor2d([1, 2], [1, 2])
    expect(() => quantise(h, narrow)).toThrow(/channels differ/)
    tf.dispose([h, codebook, narrow])
  })

  test('distributions beyond the bounds of their variances; latents as bytes', async () => {
    const golden = await open('gaussian.safetensors')
    const [moments, noise] = [await stored(golden, 'moments'), await stored(golden, 'noise')] as tf.Tensor4D[]
    const distribution = gaussian(moments!)
    expect(await furthest(klDivergence(distribution), await stored(golden, 'kl'))).toBeLessThan(1e-5)
    expect(await furthest(sampleLatents(distribution, noise!), await stored(golden, 'sample'))).toBeLessThan(1e-5)
    expect(await furthest(distribution.mean, await stored(golden, 'mean'))).toBe(0)
    expect(await furthest(distribution.logvar, await stored(golden, 'logvar'))).toBeLessThan(1e-5)
    const bytes = await open('taesd-bytes.safetensors')
    const latent = (await stored(bytes, 'latent')) as tf.Tensor4D
    const kept = latentsToBytes(latent)
    expect(await furthest(bytesToLatents(kept), await stored(bytes, 'restored'))).toBeLessThan(1e-5)
    expect(await furthest(kept, await stored(bytes, 'byte'))).toBe(0)
    tf.dispose([moments, noise, latent])
  })
})

describe('every spelling', () => {
  const shape = { widths: [4, 8], latentChannels: 4, blocks: 1, groups: 2 }
  const images = () => asUnit(tf.randomUniform([1, 6, 4, 3], 0, 1, 'float32', 1))

  test.each(['LDM', 'FLUX.2', 'diffusers', 'diffusers, legacy attention'])('%s gives the same bits', async (layout) => {
    const outputs: Float32Array[] = []
    for (const state of [klState(shape), klState(shape, { layout, prefix: 'state_dict/first_stage_model.' })]) {
      const x = images()
      await using(await readAutoencoder(state, { groups: 2 }), async (autoencoder) => {
        const z = autoencoder.encoder.apply(autoencoder.encoder.weights, x)
        const y = autoencoder.decoder.apply(autoencoder.decoder.weights, z)
        expect(y.shape).toEqual(x.shape)
        outputs.push(await y.data<'float32'>())
        tf.dispose([z, y])
      })
      x.dispose()
    }
    expect(outputs[1]).toEqual(outputs[0])
  })
})

describe('networks', () => {
  test('stages one after the other are the network, and say which weights they use and how sides change', async () => {
    const shape = { widths: [4, 8, 8], latentChannels: 2, blocks: 1, groups: 2, attention: [false, false, true] }
    const networks = [randomKlEncoder(shape), randomKlDecoder(shape)]
    for (const { stages, weights, downscale } of networks) {
      expect(stages.flatMap((stage) => stage.weights)).toEqual(Object.keys(weights))
      const scale = stages.reduce((product, stage) => product * stage.scale, 1)
      expect(Math.max(scale, 1 / scale)).toBe(downscale)
      expect(stages.filter((stage) => stage.whole).every((stage) => /attn/.test(stage.name))).toBe(true)
    }
    expect(networks[1]!.stages.filter((stage) => stage.whole)).toHaveLength(3)
    const again = randomKlDecoder(shape)
    for (const [name, weight] of Object.entries(again.weights))
      expect(weight.dataSync()).toEqual(networks[1]!.weights[name]!.dataSync())
    for (const network of [...networks, again]) network.dispose()
  })

  test('gradients pass a quantiser as if it were not there, and none reaches its codes', async () => {
    const state = klState({ widths: [4, 8], latentChannels: 3, blocks: 1, groups: 2, family: 'vq' }, { codes: 7 })
    const decoder = await readDecoder(state, { groups: 2 })
    const h = tf.randomNormal<tf.Rank.R4>([1, 2, 3, 3], 0, 1, 'float32', 1)
    const { indices, quantised } = quantise(h, decoder.quantiser!.codebook)
    const gradientAt = (decode: (weights: typeof decoder.weights, x: tf.Tensor4D) => tf.Tensor, x: tf.Tensor4D) =>
      valueAndGradients(() => ({ loss: tf.sum<tf.Scalar>(tf.square(decode(decoder.weights, x))), aux: {} }), { x })
    const through = gradientAt(decoder.apply, h)
    const after = gradientAt(decoder.quantiser!.decodeCodes, quantised)
    expect(through.gradients.x!.dataSync()).toEqual(after.gradients.x!.dataSync())
    tf.dispose([h, indices, quantised, through.loss, after.loss, through.gradients, after.gradients])
    decoder.dispose()
  })

  test('attention in runs of queries is attention, gradients included', async () => {
    const names = ['norm', 'q', 'k', 'v', 'proj_out']
    const weights = Object.fromEntries(
      names.flatMap((name, i) => {
        const side: [number, number, number, number] = [1, 1, 4, 4]
        const weight = name === 'norm' ? tf.ones([4]) : tf.randomNormal(side, 0, 1, 'float32', i)
        return [
          [`${name}.weight`, weight],
          [`${name}.bias`, tf.zeros([4])],
        ]
      }),
    )
    const x = tf.randomNormal<tf.Rank.R4>([2, 3, 5, 4], 0, 1, 'float32', 9)
    const run = (bytes?: number) =>
      valueAndGradients(
        () => {
          const y = attentionBlock(scope(weights), x, 2, bytes)
          return { loss: tf.sum<tf.Scalar>(tf.square(y)), aux: { y } }
        },
        { x },
      )
    const [whole, runs] = [run(), run(4 * 2 * 15 * 4)]
    expect(await furthest(runs.aux.y, whole.aux.y)).toBeLessThan(1e-6)
    expect(await furthest(runs.gradients.x!, whole.gradients.x!)).toBeLessThan(1e-5)
    tf.dispose([weights, x, whole.loss, runs.loss])
  })

  test('what an encoder of another family has no word for is refused', async () => {
    const state = klState({ widths: [4], latentChannels: 3, blocks: 1, groups: 2, family: 'vq' }, { codes: 5 })
    const autoencoder = await readAutoencoder(state, { groups: 2 })
    const x = asUnit(tf.zeros([1, 2, 2, 3]))
    expect(() => encodeDistribution(autoencoder, x)).toThrow(/vq family gives a latent/)
    x.dispose()
    autoencoder.dispose()
  })

  test('images and latents that cannot be are refused by their shapes', async () => {
    const shape = { widths: [4, 8, 8], latentChannels: 2, blocks: 1, groups: 2 }
    const [encoder, decoder] = [randomKlEncoder(shape), randomKlDecoder(shape)]
    const tiny = (part: 'encoder' | 'decoder') =>
      tinyState(part, { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' })
    const halves = await loadAutoencoder({ encoder: tiny('encoder'), decoder: tiny('decoder') })
    const [small, wrong] = [asUnit(tf.zeros([1, 3, 8, 3])), tf.zeros<tf.Rank.R4>([1, 2, 2, 3])]
    const grey = asUnit(tf.zeros([1, 8, 8, 1]))
    expect(() => encoder.apply(encoder.weights, small)).toThrow(/\[1,3,8,3\].*4 pixels/)
    expect(() => encoder.moments!(encoder.weights, grey)).toThrow(/\[N, H, W, 3\]/)
    for (const one of [decoder, halves.decoder])
      expect(() => one.apply(one.weights, wrong)).toThrow(/latents have shape \[1,2,2,3\]/)
    tf.dispose([small, wrong, grey])
    for (const one of [encoder, decoder, halves]) one.dispose()
  })

  test('halves of different autoencoders are not joined, and neither stays', async () => {
    const state = (latentChannels: number) => klState({ widths: [4], latentChannels, blocks: 1, groups: 2 })
    await expect(loadAutoencoder({ encoder: state(4), decoder: state(2) }, { groups: 2 })).rejects.toThrow(
      /latentChannels is 4.*2/,
    )
  })
})
