import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ready, writePng } from '@stablesig/backend-node'
import { AUTOENCODER_16, EXTRACTOR_48 } from '@stablesig/models'
import { noise } from '@stablesig/testing/networks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { COMMANDS } from './commands/index.ts'
import { withShipped } from './shipped.ts'
import { stablesig } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-shipped-'))
const at = (...names: string[]) => join(folder, ...names)
const key = '1100'.repeat(12)
const io = {
  ...{ err: () => {}, out: () => {}, env: {}, stdin: process.stdin, terminalWidth: undefined },
  signal: AbortSignal.abort(),
}

beforeAll(async () => {
  await ready({ device: 'cpu' })
  mkdirSync(at('photos'))
  for (let i = 0; i < 4; i++) {
    const data = Uint8Array.from(noise(`photo ${i}`, 64 * 64 * 3, 60), (x) => Math.max(0, Math.min(255, 128 + x)))
    await writePng(at('photos', `${i}.png`), { name: `${i}`, width: 64, height: 64, data })
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

test('signing, marking and detecting need no weights, and tell which are taken', async () => {
  const signed = at('signed.safetensors')
  const sign = ['sign', '--images', at('photos'), '--held-out', '0', '--size', '64', '--steps', '1', '--batch', '1']
  const made = await stablesig([...sign, '--key', key, '--out', signed])
  expect(made.code).toBe(0)
  expect(made.out).toContain('signed')
  expect(made.err).toContain('the extractor is our own extractor-48; --extractor names another\n')
  expect(made.err).toContain('the autoencoder is our own autoencoder-16; --autoencoder names another\n')
  // Noise has nothing that an autoencoder keeps, and is told of before the training.
  expect(made.err).toContain('stablesig: warning: the autoencoder does not give images back')
  const marked = await stablesig(['reconstruct', '--decoder', signed, '--out', at('marked'), at('photos')])
  expect(marked.code).toBe(0)
  expect(marked.err).toContain('the encoder is that of our own autoencoder-16; --encoder names another\n')
  expect(readdirSync(at('marked'))).toHaveLength(4)
  const { code, out } = await stablesig(['detect', '--key', key, '--json', at('marked', '0.png')])
  expect([0, 1]).toContain(code)
  expect(JSON.parse(out)).toMatchObject({ total: 48, whitened: true })
})

test('what is named is taken, without a word', async () => {
  const path = fileURLToPath(EXTRACTOR_48.url)
  const named = await stablesig(['extract', '--extractor', path, at('photos', '0.png')])
  const ours = await stablesig(['extract', at('photos', '0.png')])
  expect(named.code).toBe(0)
  expect(named.err).toBe('')
  expect(named.out).toBe(ours.out)
})

test.each([
  [{}, { autoencoder: fileURLToPath(AUTOENCODER_16.url) }],
  [{ decoder: 'd' }, { decoder: 'd', encoder: fileURLToPath(AUTOENCODER_16.url) }],
  [{ encoder: 'e' }, { encoder: 'e' }],
  [
    { encoder: 'e', decoder: 'd' },
    { encoder: 'e', decoder: 'd' },
  ],
  [{ autoencoder: 'a' }, { autoencoder: 'a' }],
])('of %j becomes %j', (given, expected) => {
  const { options } = COMMANDS.find(({ description }) => description.name === 'reconstruct')!.description
  expect(withShipped(given, options, io)).toEqual(expected)
})

test('a minter for our own extractor is trained at the temperature that suits it, unless told', () => {
  const { options } = COMMANDS.find(({ description }) => description.name === 'train-minter')!.description
  const { temperature } = EXTRACTOR_48.recipe
  const taken = withShipped({ imageLoss: 'ssim' }, options, io)
  expect(taken).toMatchObject({ temperature })
  expect(taken).toMatchObject({ imageLoss: 'ssim' })
  expect(taken).not.toHaveProperty('lambdaImage')
  expect(withShipped({}, options, io)).not.toHaveProperty('imageLoss')
  expect(withShipped({ temperature: 2 }, options, io)).toMatchObject({ temperature: 2 })
  expect(withShipped({ extractor: 'e' }, options, io)).not.toHaveProperty('temperature')
})

test('what evaluates decoders that are signed already takes no recipe of signing', () => {
  const { options } = COMMANDS.find(({ description }) => description.name === 'evaluate')!.description
  expect(withShipped({}, options, io)).toMatchObject(EXTRACTOR_48.recipe)
  const taken = withShipped({ signed: ['s'] }, options, io)
  for (const name of Object.keys(EXTRACTOR_48.recipe)) expect(taken).not.toHaveProperty(name)
})

test('signing for our own extractor weighs the image as suits it, unless told', () => {
  const { options } = COMMANDS.find(({ description }) => description.name === 'sign')!.description
  expect(withShipped({}, options, io)).toMatchObject(EXTRACTOR_48.recipe)
  const { temperature } = EXTRACTOR_48.recipe
  expect(withShipped({ lambdaImage: 3 }, options, io)).toMatchObject({ lambdaImage: 3, temperature })
  expect(withShipped({ imageLoss: 'masked' }, options, io)).toMatchObject(EXTRACTOR_48.recipe)
  expect(withShipped({ imageLoss: 'mse' }, options, io)).toMatchObject({ imageLoss: 'mse', temperature })
  expect(withShipped({ imageLoss: 'mse' }, options, io)).not.toHaveProperty('lambdaImage')
  expect(withShipped({ extractor: 'e' }, options, io)).not.toHaveProperty('lambdaImage')
})
