import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { tinyState } from '@stablesig/testing/networks'
import { streamSafetensors } from '@stablesig/weights'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ready } from '../engine/ready.ts'
import { writeFileAtomic } from '../files/atomic.ts'
import { fileCheckpoint } from '../files/checkpoint.ts'
import { imageSet } from '../images/image-set.ts'
import { openAutoencoder } from './open-autoencoder.ts'
import { openExtractor } from './open-models.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-models-'))
const at = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  await ready({ device: 'cpu' })
  for (const part of ['encoder', 'decoder'] as const) {
    const state = tinyState(part, { width: 4, latentChannels: 4, pooled: true, spelling: 'diffusers' })
    await writeFileAtomic(at(part), (await streamSafetensors(state.tensors)).chunks())
  }
})

test('a file that is something else, or nothing, is an error that names it', async () => {
  const before = memory().numTensors
  await expect(openExtractor(at('encoder'))).rejects.toMatchObject({
    code: 'bad-weights',
    message: expect.stringContaining(at('encoder')),
  })
  await expect(openAutoencoder({ encoder: at('decoder'), decoder: at('decoder') })).rejects.toMatchObject({
    code: 'bad-weights',
  })
  await expect(openExtractor(at('none'))).rejects.toMatchObject({ code: 'io' })
  expect(memory().numTensors).toBe(before)
})

test.each<[string, (wrong: never) => unknown, unknown, RegExp]>([
  ['a path’s promise', (wrong) => openExtractor(wrong), Promise.resolve('a'), /path.*a Promise: await it/],
  ['no path', (wrong) => openExtractor(wrong), undefined, /path.*undefined/],
  ['a path where files are named', (wrong) => openAutoencoder(wrong), 'vae', /files.*\{ path \}.*text/],
  ['nothing', (wrong) => openAutoencoder(wrong), undefined, /files.*undefined/],
  ['half of a pair', (wrong) => openAutoencoder(wrong), { encoder: 'a' }, /files.*encoder, decoder/],
  ['a path’s promise in a pair', (wrong) => openAutoencoder(wrong), { path: Promise.resolve() }, /await it/],
  ['a promise of paths', (wrong) => imageSet(wrong), Promise.resolve([]), /paths.*await it/],
  ['one path', (wrong) => imageSet(wrong), 'photos', /paths.*array.*text/],
])('%s is a bad argument', async (_, open, wrong, message) => {
  const work = async () => open(wrong as never)
  await expect(work()).rejects.toMatchObject({ code: 'bad-argument', message: expect.stringMatching(message) })
})

test('a checkpoint file is nothing at first, holds what was written last, and can be removed', async () => {
  const checkpoint = fileCheckpoint(at('run.checkpoint'))
  expect(await checkpoint.read()).toBeNull()
  await checkpoint.remove()
  await checkpoint.write(new Uint8Array([1]))
  await checkpoint.write(new Uint8Array([2, 3]))
  expect([...((await checkpoint.read()) ?? [])]).toEqual([2, 3])
  await checkpoint.remove()
  expect(await checkpoint.read()).toBeNull()
})

test('only file: URLs are places of weights', async () => {
  await expect(openExtractor(new URL('https://example.org/extractor.safetensors'))).rejects.toMatchObject({
    code: 'bad-argument',
  })
  const nowhere = openAutoencoder({ path: pathToFileURL(join(tmpdir(), 'nowhere.safetensors')) })
  await expect(nowhere).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('nowhere.safetensors') })
})
