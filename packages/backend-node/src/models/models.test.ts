import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openWeights, streamSafetensors } from '@stablesig/core'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tinyState } from '../../../core/src/models/testing.ts'
import { ready } from '../engine/ready.ts'
import { writeFileAtomic } from '../files/atomic.ts'
import { fileCheckpoint } from '../files/checkpoint.ts'
import { openFile } from '../files/file-source.ts'
import { openAutoencoder } from './open-autoencoder.ts'
import { openExtractor } from './open-models.ts'
import { saveDecoder } from './save-decoder.ts'

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

async function tensorsOf(path: string) {
  const source = await openFile(path)
  const { tensors, metadata } = await openWeights(source)
  const read = [...tensors].map(async ([name, t]) => [
    name,
    { ...t, read: Buffer.from(await t.read()).toString('hex') },
  ])
  const all = Object.fromEntries(await Promise.all(read))
  await source.close()
  return { all, metadata }
}

test('a decoder that is saved is the one that was loaded: names, shapes, values, and a card beside them', async () => {
  const before = memory().numTensors
  const autoencoder = await openAutoencoder({ encoder: at('encoder'), decoder: at('decoder') })
  await saveDecoder(at('saved'), autoencoder.decoder, autoencoder.decoder.weights, { bits: '48' })
  const saved = await tensorsOf(at('saved'))
  expect(saved.all).toEqual((await tensorsOf(at('decoder'))).all)
  expect(saved.metadata).toMatchObject({ format: 'pt', bits: '48', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
  const again = await openAutoencoder({ encoder: at('encoder'), decoder: at('saved') })
  again.dispose()
  autoencoder.dispose()
  expect(memory().numTensors).toBe(before)
  expect(readdirSync(folder).sort()).toEqual(['decoder', 'encoder', 'saved'])
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
