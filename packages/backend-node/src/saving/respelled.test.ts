import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Weights } from '@stablesig/core/weights'
import { klState, type TinyShape, tinyState } from '@stablesig/testing/networks'
import { type StateDict, streamSafetensors } from '@stablesig/weights'
import { add, dispose, memory, tidy } from '@tensorflow/tfjs-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ready } from '../engine/ready.ts'
import { writeFileAtomic } from '../files/atomic.ts'
import { type AutoencoderFiles, openAutoencoder } from '../models/open-autoencoder.ts'
import type { SaveFormat } from './destination.ts'
import { checkDecoderOutput, saveDecoder } from './save-decoder.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-respelled-'))
const at = (...names: string[]) => join(folder, ...names)
const write = async (name: string, { tensors }: StateDict) =>
  writeFileAtomic(at(name), (await streamSafetensors(tensors)).chunks())

const tiny: TinyShape = { width: 4, latentChannels: 16, pooled: false, spelling: 'taesd' }
const vq = { family: 'vq', widths: [4, 8], latentChannels: 3, blocks: 1, groups: 2 } as const

beforeAll(async () => {
  await ready({ device: 'cpu' })
  for (const part of ['encoder', 'decoder'] as const) {
    await write(`tiny-${part}`, tinyState(part, tiny))
    await write(`pooled-${part}`, tinyState(part, { ...tiny, pooled: true }))
  }
  await write('vq.safetensors', klState(vq, { codes: 12, prefix: 'first_stage_model.' }))
})
afterAll(() => rmSync(folder, { recursive: true }))

let tensors: number
beforeEach(() => {
  tensors = memory().numTensors
})
afterEach(() => expect(memory().numTensors).toBe(tensors))

const pair = (kind: string): AutoencoderFiles => ({ encoder: at(`${kind}-encoder`), decoder: at(`${kind}-decoder`) })
/** The values of both halves, by the model's names. */
const valuesOf = async (weights: Weights): Promise<Record<string, unknown>> =>
  Object.fromEntries(await Promise.all(Object.entries(weights).map(async ([name, one]) => [name, await one.data()])))

/** Signs by adding to every weight, writes, reads what was written alone, and compares both halves. */
async function written(files: AutoencoderFiles, out: string, format: SaveFormat): Promise<void> {
  const autoencoder = await openAutoencoder(files)
  const signed = tidy(() =>
    Object.fromEntries(Object.entries(autoencoder.decoder.weights).map(([name, one]) => [name, add(one, 0.01)])),
  )
  await checkDecoderOutput(at(out), autoencoder, { format })
  const { card } = await saveDecoder(at(out), { autoencoder, decoder: signed, format })
  expect(card.output.leftOut).toBe(0)
  const again = await openAutoencoder({ path: at(out) })
  expect(await valuesOf(again.encoder.weights)).toEqual(await valuesOf(autoencoder.encoder.weights))
  expect(await valuesOf(again.decoder.weights)).toEqual(await valuesOf(signed))
  expect(again.latents.scale).toBe(autoencoder.latents.scale)
  dispose(signed)
  autoencoder.dispose()
  again.dispose()
}

test('a pair of TAESD’s files becomes a folder of AutoencoderTiny, with the encoder that came in', async () => {
  await written(pair('tiny'), 'tiny', 'diffusers')
  expect(readdirSync(at('tiny')).sort()).toEqual([
    'config.json',
    'diffusion_pytorch_model.safetensors',
    'signed.card.json',
    'signed.card.md',
  ])
  expect(JSON.parse(readFileSync(at('tiny', 'config.json'), 'utf8'))).toMatchObject({
    _class_name: 'AutoencoderTiny',
    latent_channels: 16,
  })
})

test('a VQ checkpoint becomes a folder of VQModel that says its groups, and that a file for LDM', async () => {
  await written({ path: at('vq.safetensors'), groups: 2 }, 'vqvae', 'diffusers')
  expect(JSON.parse(readFileSync(at('vqvae', 'config.json'), 'utf8'))).toMatchObject({
    _class_name: 'VQModel',
    norm_num_groups: 2,
    num_vq_embeddings: 12,
    scaling_factor: 1,
  })
})

test('what diffusers cannot build is refused before any work, and the encoder stays what it was', async () => {
  const autoencoder = await openAutoencoder(pair('pooled'))
  const refused = { code: 'unsupported', message: expect.stringContaining('pooled branch') }
  await expect(checkDecoderOutput(at('no'), autoencoder, { format: 'diffusers' })).rejects.toMatchObject(refused)
  const onto = checkDecoderOutput(at('pooled-encoder'), autoencoder)
  await expect(onto).rejects.toMatchObject({ message: expect.stringContaining('would overwrite') })
  autoencoder.dispose()
})
