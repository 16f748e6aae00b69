import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { LatentDecoder } from '@stablesig/core'
import { tinyState } from '@stablesig/testing/networks'
import { type StateTensor, streamSafetensors, tensorData } from '@stablesig/weights'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ready } from '../engine/ready.ts'
import { writeFileAtomic } from '../files/atomic.ts'
import { openAutoencoder } from './open-autoencoder.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-open-'))
const at = (...names: string[]) => join(folder, ...names)
afterAll(() => rmSync(folder, { recursive: true }))

const tiny = { width: 4, latentChannels: 4, pooled: false, spelling: 'diffusers' } as const
const config = {
  _class_name: 'AutoencoderTiny',
  latent_channels: 4,
  scaling_factor: 0.5,
  shift_factor: 0.25,
  encoder_block_out_channels: [4, 4, 4, 4],
  decoder_block_out_channels: [4, 4, 4, 4],
}
const write = async (path: string, tensors: ReadonlyMap<string, StateTensor>) =>
  writeFileAtomic(path, (await streamSafetensors(tensors)).chunks())
const both = (): ReadonlyMap<string, StateTensor> =>
  new Map([...tinyState('encoder', tiny).tensors, ...tinyState('decoder', tiny).tensors])

beforeAll(async () => {
  await ready({ device: 'cpu' })
  mkdirSync(at('pipeline/vae'), { recursive: true })
  await write(at('pipeline/vae/diffusion_pytorch_model.safetensors'), both())
  writeFileSync(at('pipeline/vae/config.json'), JSON.stringify(config))
  await write(at('bare.safetensors'), both())
  await write(at('decoder.safetensors'), tinyState('decoder', tiny).tensors)
  const unet = { ...tensorData(Float32Array.of(1), [1]), read: async () => new Uint8Array(4) }
  const prefixed = [...both()].map(([name, tensor]) => [`vae.${name}`, tensor] as const)
  await write(at('whole.safetensors'), new Map<string, StateTensor>([...prefixed, ['unet.conv.bias', unet]]))
  writeFileSync(at('scale.yaml'), 'scaling_factor: 2\n_class_name: AutoencoderTiny\nlatent_channels: 4\n')
})

async function weightsOf({ weights }: LatentDecoder): Promise<Readonly<Record<string, readonly number[]>>> {
  const values = Object.entries(weights).map(async ([name, tensor]) => [name, [...(await tensor.data())]] as const)
  return Object.fromEntries(await Promise.all(values))
}

test('one network in four places: the same weights, and an origin that says how it came', async () => {
  const before = memory().numTensors
  const file = at('pipeline/vae/diffusion_pytorch_model.safetensors')
  const places = {
    [at('pipeline')]: { kind: 'diffusers-folder', path: at('pipeline/vae'), config: at('pipeline/vae/config.json') },
    [file]: { kind: 'diffusers-folder', path: file, config: at('pipeline/vae/config.json') },
    [at('bare.safetensors')]: { kind: 'bare', path: at('bare.safetensors'), config: null },
    [at('whole.safetensors')]: { kind: 'ldm', path: at('whole.safetensors'), config: null },
  }
  let first: Awaited<ReturnType<typeof weightsOf>> | undefined
  for (const [path, expected] of Object.entries(places)) {
    const autoencoder = await openAutoencoder({ path })
    expect(autoencoder).toMatchObject({ latentChannels: 4, downscale: 8, origin: { ...expected, index: null } })
    expect(autoencoder.latents.scale).toBe(expected.config ? 0.5 : 1)
    const weights = await weightsOf(autoencoder.decoder)
    first ??= weights
    expect(weights).toEqual(first)
    const [hash] = await autoencoder.origin.sha256()
    const [opened = ''] = autoencoder.origin.files
    expect(hash).toBe(createHash('sha256').update(readFileSync(opened)).digest('hex'))
    autoencoder.dispose()
  }
  expect(memory().numTensors).toBe(before)
})

test('halves from two places: the encoder of a checkpoint, a decoder by itself', async () => {
  const files = { encoder: at('whole.safetensors'), decoder: at('decoder.safetensors') }
  const { origin, ...autoencoder } = await openAutoencoder(files)
  expect(origin).toMatchObject({
    kind: 'pair',
    path: files.decoder,
    files: [files.encoder, files.decoder],
    config: null,
  })
  expect(await origin.sha256()).toHaveLength(2)
  autoencoder.dispose()
})

test('a configuration that is named comes before the one beside the weights', async () => {
  const autoencoder = await openAutoencoder({ path: at('pipeline'), config: at('scale.yaml') })
  expect(autoencoder.latents.scale).toBe(2)
  expect(autoencoder.origin).toMatchObject({ kind: 'diffusers-folder', config: at('scale.yaml') })
  autoencoder.dispose()
})

test('half an autoencoder, or none, is an error that says so and leaves nothing behind', async () => {
  const before = memory().numTensors
  const half = await openAutoencoder({ path: at('decoder.safetensors') }).catch((error: unknown) => error)
  expect(half).toMatchObject({
    code: 'bad-weights',
    message: expect.stringMatching(/decoder\.safetensors.*no encoder/s),
  })
  await write(at('other.safetensors'), new Map([['some.weight', both().values().next().value as StateTensor]]))
  await expect(openAutoencoder({ path: at('other.safetensors') })).rejects.toMatchObject({ code: 'bad-weights' })
  const torn = new Map(both())
  torn.delete('decoder.layers.2.conv.0.weight')
  await write(at('torn.safetensors'), torn)
  await expect(openAutoencoder({ path: at('torn.safetensors') })).rejects.toMatchObject({
    code: 'bad-weights',
    message: expect.stringMatching(/missing \(1\):\s+decoder\.layers\.2\.conv\.0\.weight \(nearest there: /),
  })
  expect(memory().numTensors).toBe(before)
})

const goldens = resolve(
  import.meta.dirname,
  '../../../..',
  process.env.STABLESIG_GOLDENS ?? '../shared/goldens',
  'autoencoders',
)

describe.skipIf(!existsSync(goldens))('every layout there is', () => {
  const kl4 = ['kl4', 'kl4/ldm.safetensors', 'kl4/sd.ckpt', 'kl4/legacy-attention.safetensors']
  test.each([kl4, ['klflux2', 'klflux2/ldm.safetensors'], ['vq', 'vq/ldm.safetensors'], ['taesd']])(
    '%s and its other spellings hold the same decoder',
    async (model, ...others) => {
      const first = await openAutoencoder({ path: join(goldens, model) })
      const weights = await weightsOf(first.decoder)
      for (const other of others) {
        const config = join(goldens, model, 'config.json')
        const autoencoder = await openAutoencoder({ path: join(goldens, other), config })
        expect(await weightsOf(autoencoder.decoder)).toEqual(weights)
        expect(autoencoder.latents.kind).toBe(first.latents.kind)
        autoencoder.dispose()
      }
      first.dispose()
    },
  )
})
