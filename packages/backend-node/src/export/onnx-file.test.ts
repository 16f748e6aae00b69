import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadExtractor } from '@stablesig/core'
import { affineScaling, batchNormScaling, type LatentScaling, unknownScaling } from '@stablesig/core/latents'
import {
  decode,
  extractLogits,
  type PortableModel,
  portableDecoder,
  portableExtractor,
  readDecoder,
} from '@stablesig/core/models'
import { extractorState, klState, tinyState } from '@stablesig/testing/networks'
import { streamSafetensors } from '@stablesig/weights'
import {
  dispose,
  memory,
  mul,
  randomNormal,
  randomUniform,
  type Tensor4D,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ready } from '../engine/ready.ts'
import { writeFileAtomic } from '../files/atomic.ts'
import { openExtractor } from '../models/open-models.ts'
import { exportOnnx, type OnnxExportOptions, saveOnnx } from './onnx-file.ts'
import { openDecoder } from './open-decoder.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-export-'))
const at = (...names: string[]) => join(folder, ...names)

beforeAll(async () => {
  await ready({ device: 'cpu' })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a model file with onnxruntime-node alone: nothing of this library has a part in it. */
async function plain(model: Uint8Array | string, feed: Float32Array, dims: readonly number[]) {
  const session = await (typeof model === 'string' ? InferenceSession.create(model) : InferenceSession.create(model))
  const [input = ''] = session.inputNames
  const results = await session.run({ [input]: new OrtTensor('float32', feed, dims) })
  await session.release()
  const [name = ''] = Object.keys(results)
  const data = results[name]?.data
  if (!(data instanceof Float32Array)) throw new Error(`${name} is not of float32`)
  return { input, name, dims: results[name]?.dims, data }
}

const most = (a: Float32Array, b: Float32Array) =>
  a.reduce((d, v, i) => Math.max(d, Math.abs(v - (b[i] ?? Number.NaN))), 0)
const planes = (x: Tensor4D) => transpose<Tensor4D>(x, [0, 3, 1, 2])

/** The greatest difference between an exported decoder and the library's, at batches and sizes never recorded. */
async function decoderDifference(model: PortableModel, options: OnnxExportOptions = {}) {
  const before = memory().numTensors
  const bytes = await exportOnnx(model, options)
  expect(memory().numTensors).toBe(before)
  const channels = Number(model.metadata.latent_channels)
  let difference = 0
  for (const [n, h, w] of [
    [1, 8, 8],
    [3, 4, 9],
  ] as const) {
    const z = randomNormal([n, h, w, channels], 0, 1, 'float32', 7) as Tensor4D
    const [feed, want] = tidy(() => [planes(z), planes(model.build(model.weights, [z]) as Tensor4D)])
    const found = await plain(bytes, await feed!.data<'float32'>(), feed!.shape)
    const side = Number(model.metadata.downscale)
    expect(found).toMatchObject({ input: 'latent_sample', name: 'sample', dims: [n, 3, h * side, w * side] })
    difference = Math.max(difference, most(found.data, await want!.data<'float32'>()))
    dispose([z, feed!, want!])
  }
  return difference
}

const KL = { widths: [8, 16], latentChannels: 4, groups: 4, blocks: 1 } as const
const decoders = {
  tiny: () => readDecoder(tinyState('decoder', { width: 8, latentChannels: 4, pooled: true, spelling: 'taesd' })),
  kl: () => readDecoder(klState(KL), { groups: 4 }),
  vq: () => readDecoder(klState({ ...KL, family: 'vq' }, { codes: 32 }), { groups: 4 }),
}

describe.each(Object.entries(decoders))('a decoder of the %s family', (_, open) => {
  test('run by onnxruntime alone gives what the library gives', async () => {
    const before = memory().numTensors
    const decoder = await open()
    expect(await decoderDifference(portableDecoder(decoder))).toBeLessThan(1e-5)
    expect(await decoderDifference(portableDecoder(decoder), { precision: 'float16' })).toBeLessThan(0.02)
    decoder.dispose()
    expect(memory().numTensors).toBe(before)
  })

  test('in [0, 1] is what decode gives', async () => {
    const decoder = await open()
    const model = portableDecoder(decoder, { range: 'unit' })
    const z = randomNormal([1, 3, 5, 4], 0, 1, 'float32', 3) as Tensor4D
    const want = decode({ decoder }, z)
    const got = tidy(() => model.build(model.weights, [z]))
    expect(most(await got.data<'float32'>(), await want.data<'float32'>())).toBeLessThan(1e-5)
    dispose([z, want, got])
    decoder.dispose()
  })
})

test.each([
  ['scale and shift', affineScaling(1.5, 0.1)],
  ['batch norm and packing', batchNormScaling(new Float32Array(16).fill(0.3), new Float32Array(16).fill(2))],
] as [string, LatentScaling][])("a generator's latents are unscaled inside: %s", async (_, latents) => {
  const decoder = await decoders.kl()
  expect(await decoderDifference(portableDecoder(decoder, { latents }))).toBeLessThan(1e-5)
  decoder.dispose()
})

test('other weights than the decoder’s own are exported when given', async () => {
  const decoder = await decoders.tiny()
  const weights = tidy(() => Object.fromEntries(Object.entries(decoder.weights).map(([n, w]) => [n, mul(w, 0.9)])))
  const own = portableDecoder(decoder)
  const signed = portableDecoder(decoder, { weights })
  expect(signed.names).toBe(own.names)
  expect(await decoderDifference(signed)).toBeLessThan(1e-5)
  dispose(weights)
  decoder.dispose()
})

test('an extractor run by onnxruntime alone gives the library’s logits', async () => {
  const extractor = await loadExtractor(
    extractorState({ bits: 16, channels: 8, blocks: 2, prefix: '0.', whiten: true }),
  )
  const model = portableExtractor(extractor)
  const single = await exportOnnx(model)
  const half = await exportOnnx(model, { precision: 'float16' })
  for (const [n, h, w] of [
    [1, 32, 32],
    [2, 17, 45],
  ] as const) {
    const images = randomUniform([n, h, w, 3], 0, 1, 'float32', 5) as Parameters<typeof extractLogits>[1]
    const [feed, want] = [planes(images), extractLogits(extractor, images)]
    const [pixels, logits] = [await feed.data<'float32'>(), await want.data<'float32'>()]
    const found = await plain(single, pixels, feed.shape)
    expect(found).toMatchObject({ input: 'images', name: 'logits', dims: [n, 16] })
    expect(most(found.data, logits)).toBeLessThan(1e-5)
    expect(most((await plain(half, pixels, feed.shape)).data, logits)).toBeLessThan(0.02)
    dispose([images, feed, want])
  }
  extractor.dispose()
})

describe('files', () => {
  test('one model file, whole, with its checksum and notes', async () => {
    const decoder = await decoders.tiny()
    const metadata = { key_id: '0123abcd' }
    const saved = await saveOnnx(at('decoder.onnx'), portableDecoder(decoder), { metadata })
    const bytes = readFileSync(at('decoder.onnx'))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect(saved).toEqual({ file: at('decoder.onnx'), bytes: bytes.length, sha256 })
    for (const text of ['stablesig', 'key_id', '0123abcd', '[-1, 1]', 'latent_sample', '1.weight'])
      expect([text, bytes.includes(text)]).toEqual([text, true])
    await expect(saveOnnx(at('none', 'x.onnx'), portableDecoder(decoder))).rejects.toMatchObject({ code: 'io' })
    decoder.dispose()
  })

  test('a folder as transformers.js loads it', async () => {
    const decoder = await decoders.tiny()
    const options = { layout: 'transformers.js', precision: 'float16' } as const
    const { file } = await saveOnnx(at('folder'), portableDecoder(decoder), options)
    expect(file).toBe(at('folder', 'onnx', 'vae_decoder_fp16.onnx'))
    expect(readdirSync(at('folder')).sort()).toEqual(['config.json', 'onnx'])
    expect(JSON.parse(readFileSync(at('folder', 'config.json'), 'utf8'))).toMatchObject({
      model_type: 'custom',
      'transformers.js_config': { dtype: 'fp16' },
      stablesig: { kind: 'latent-decoder', family: 'tiny' },
    })
    expect((await plain(file, new Float32Array(4 * 6), [1, 4, 2, 3])).dims).toEqual([1, 3, 16, 24])
    await expect(saveOnnx(at('folder'), portableDecoder(decoder), options)).rejects.toThrow(/holds 2 entries/)
    decoder.dispose()
  })

  test('latents of a scale that nobody knows are refused, and nothing is left', async () => {
    const decoder = await decoders.tiny()
    const before = [memory().numTensors, readdirSync(folder).length]
    const model = portableDecoder(decoder, { latents: unknownScaling('a test') })
    await expect(saveOnnx(at('unknown.onnx'), model)).rejects.toMatchObject({ code: 'unsupported' })
    expect([memory().numTensors, readdirSync(folder).length]).toEqual(before)
    decoder.dispose()
  })
})

test('a decoder is opened by itself, with what its file says of latents', async () => {
  const state = klState({ widths: [32], latentChannels: 4, blocks: 1 }, { prefix: 'first_stage_model.' })
  await writeFileAtomic(at('kl.safetensors'), (await streamSafetensors(state.tensors)).chunks())
  const before = memory().numTensors
  const { decoder, latents } = await openDecoder(at('kl.safetensors'))
  expect([decoder.family, latents.kind]).toEqual(['kl', 'unknown'])
  expect(decoder.names.get('conv_in.weight')).toBe('first_stage_model.decoder.conv_in.weight')
  decoder.dispose()
  await expect(openDecoder(at('nothing'))).rejects.toMatchObject({ code: 'io' })
  expect(memory().numTensors).toBe(before)
})

const weights = process.env.STABLESIG_DATA ?? new URL('../../../../../shared/data', import.meta.url).pathname
const real = (name: string) => join(weights, 'weights', name)
describe.skipIf(!existsSync(real('taef2_decoder.pth')))('published weights', () => {
  test('a decoder of 8 px and the 48-bit extractor, at sizes never recorded', async () => {
    const { decoder } = await openDecoder(real('taef2_decoder.pth'))
    expect(await decoderDifference(portableDecoder(decoder))).toBeLessThan(1e-4)
    expect(await decoderDifference(portableDecoder(decoder), { precision: 'float16' })).toBeLessThan(5e-3)
    decoder.dispose()
    const extractor = await openExtractor(real('dec_48b_whit.torchscript.pt'))
    const model = portableExtractor(extractor)
    const [single, half] = [await exportOnnx(model), await exportOnnx(model, { precision: 'float16' })]
    const images = randomUniform([2, 40, 56, 3], 0, 1, 'float32', 1) as Parameters<typeof extractLogits>[1]
    const [feed, want] = [planes(images), extractLogits(extractor, images)]
    const [pixels, logits] = [await feed.data<'float32'>(), await want.data<'float32'>()]
    expect(most((await plain(single, pixels, feed.shape)).data, logits)).toBeLessThan(1e-4)
    expect(most((await plain(half, pixels, feed.shape)).data, logits)).toBeLessThan(0.02)
    dispose([images, feed, want])
    extractor.dispose()
  })
})
