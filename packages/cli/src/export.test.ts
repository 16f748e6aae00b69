import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ready, signingHeader, writeFileAtomic } from '@stablesig/backend-node'
import { extractorState, tinyState } from '@stablesig/testing/networks'
import { type StateDict, streamSafetensors } from '@stablesig/weights'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stablesig } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-cli-export-'))
const at = (...names: string[]) => join(folder, ...names)
const library = { name: 'stablesig', version: '0.1.0' }
const card = signingHeader({ library, key: { id: '0123abcd', bits: 8 } })

beforeAll(async () => {
  await ready({ device: 'cpu' })
  const save = async (name: string, { tensors }: StateDict) =>
    writeFileAtomic(at(name), (await streamSafetensors(tensors, card)).chunks())
  await save('extractor', extractorState({ bits: 8, channels: 4, blocks: 1 }))
  await save('decoder', tinyState('decoder', { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' }))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('a signed decoder becomes a model file that tells by which key', async () => {
  const before = memory().numTensors
  const words = ['export', 'decoder', '--decoder', at('decoder'), '--range', 'unit', '--out', at('decoder.onnx')]
  const { code, out, err } = await stablesig([...words, '--json'])
  expect([code, err]).toEqual([0, ''])
  const bytes = readFileSync(at('decoder.onnx'))
  expect(JSON.parse(out)).toMatchObject({
    file: at('decoder.onnx'),
    bytes: bytes.length,
    input: 'latent_sample',
    output: 'sample',
    image_range: '[0, 1], not clamped',
    key_id: '0123abcd',
  })
  expect(bytes.includes('0123abcd')).toBe(true)
  expect(memory().numTensors).toBe(before)
})

test('an extractor in the folder of transformers.js, in half precision', async () => {
  const words = ['export', 'extractor', '--extractor', at('extractor'), '--fp16', '--layout', 'transformers.js']
  const { code, out } = await stablesig([...words, '--out', at('reader')])
  expect([code, readdirSync(at('reader', 'onnx'))]).toEqual([0, ['model_fp16.onnx']])
  expect(out).toMatch(/images -> logits\nsha256 +[0-9a-f]{64}\n$/)
})

test("latents of a generator's scale", async () => {
  const words = ['export', 'decoder', '--decoder', at('decoder'), '--generator-latents', '--generator', 'sdxl']
  const { code, out } = await stablesig([...words, '--out', at('scaled.onnx'), '--json'])
  expect([code, JSON.parse(out).latents]).toEqual([0, "the generator's"])
})

test('what cannot be exported says why', async () => {
  const refused = async (words: readonly string[]) => (await stablesig(['export', ...words, '--out', at('x')])).err
  expect(await refused(['decoder', '--decoder', at('extractor')])).toMatch(/no autoencoder|\(bad-weights\)/)
  expect(await refused(['extractor', '--extractor', at('decoder')])).toMatch(/\(bad-weights\)/)
  expect(readdirSync(folder)).not.toContain('x')
})

test.each([
  ['decoder', /takes --autoencoder PATH or --decoder FILE/],
  ['decoder --decoder a --autoencoder b', /one of them/],
  ['extractor --decoder a', /takes --extractor FILE/],
  ['extractor --extractor a --fp16-io', /belongs to --fp16/],
  ['decoder --decoder a --generator sdxl', /belongs to --generator-latents/],
])('`export %s` is a mistake of usage', async (line, message) => {
  const { code, err } = await stablesig(`export ${line} --out x`)
  expect([code, err]).toEqual([2, expect.stringMatching(message)])
})
