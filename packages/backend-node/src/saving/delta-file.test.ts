import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Weights } from '@stablesig/core/weights'
import { tinyState } from '@stablesig/testing/networks'
import { streamSafetensors } from '@stablesig/weights'
import { add, dispose, memory, tidy } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ready } from '../engine/ready.ts'
import { writeFileAtomic } from '../files/atomic.ts'
import { type OpenedAutoencoder, openAutoencoder } from '../models/open-autoencoder.ts'
import { applyDeltaFile, saveDelta, saveDeltaBetween } from './delta-file.ts'
import type { SigningFacts } from './model-card.ts'
import { roundDecoder } from './round-decoder.ts'
import { saveDecoder } from './save-decoder.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-delta-'))
const at = (name: string) => join(folder, name)
const bytes = (name: string) => readFileSync(at(name))
const signing: SigningFacts = {
  library: { name: 'stablesig', version: '1.2.3' },
  key: { id: '0123abcd', bits: 48 },
  recipe: { steps: 2 },
}
let autoencoder: OpenedAutoencoder
let signed: Weights

beforeAll(async () => {
  await ready({ device: 'cpu' })
  for (const part of ['encoder', 'decoder'] as const)
    for (const spelling of ['taesd', 'diffusers'] as const) {
      const state = tinyState(part, { width: 4, latentChannels: 4, pooled: false, spelling })
      await writeFileAtomic(at(`${spelling}-${part}`), (await streamSafetensors(state.tensors)).chunks())
    }
  autoencoder = await openAutoencoder({ encoder: at('taesd-encoder'), decoder: at('taesd-decoder') })
  signed = tidy(() =>
    Object.fromEntries(
      Object.entries(autoencoder.decoder.weights).map(([name, tensor]) => [name, add(tensor, 0.0123)]),
    ),
  )
})
afterAll(() => {
  rmSync(folder, { recursive: true })
  autoencoder.dispose()
  dispose(signed)
})

test('a delta written beside a signed decoder gives it again, byte for byte, and says whose key it carries', async () => {
  const before = memory().numTensors
  const rounded = await roundDecoder(autoencoder, signed, { forDelta: true })
  await saveDecoder(at('again.safetensors'), { autoencoder, decoder: rounded.weights, signing })
  rounded.dispose()
  expect(memory().numTensors).toBe(before)
  // Of weights that are gone: what is stored once is what all writers take.
  const { card } = await saveDecoder(at('signed.safetensors'), { autoencoder, decoder: rounded, signing })
  const delta = await saveDelta(at('signed.delta'), { autoencoder, decoder: rounded, signing })
  expect(bytes('again.safetensors').equals(bytes('signed.safetensors'))).toBe(true)
  expect(delta.resultHash).toBe(card.output.tensorsSha256)
  expect(delta.encodings).toMatchObject({ pattern: 0, whole: 0 })
  expect(delta.card).toMatchObject({ signing, output: { form: 'delta' }, decoder: { tensors: delta.total.tensors } })
  const applied = await applyDeltaFile(at('applied.safetensors'), at('taesd-decoder'), at('signed.delta'))
  expect(bytes('applied.safetensors').equals(bytes('signed.safetensors'))).toBe(true)
  expect(applied.card.signing).toEqual(signing)
  expect(
    readdirSync(folder)
      .filter((name) => name.startsWith('signed'))
      .sort(),
  ).toEqual([
    'signed.card.json',
    'signed.card.md',
    'signed.delta',
    'signed.delta.card.json',
    'signed.delta.card.md',
    'signed.safetensors',
  ])
})

test('a delta between two files applies to another spelling of the same decoder', async () => {
  await saveDecoder(at('full.safetensors'), { autoencoder, decoder: signed, signing })
  const { resultHash, encodings } = await saveDeltaBetween(
    at('between.delta'),
    at('taesd-decoder'),
    at('full.safetensors'),
  )
  expect(encodings.pattern).toBeGreaterThan(0)
  const { card } = await applyDeltaFile(at('respelled.safetensors'), at('diffusers-decoder'), at('between.delta'))
  expect(card.output.tensorsSha256).toBe(resultHash)
  expect(card.signing?.key.id).toBe('0123abcd')
})

test('what does not belong together is refused, and nothing is written', async () => {
  const before = readdirSync(folder).sort()
  const apply = (source: string, delta: string, out = 'x') => applyDeltaFile(at(out), at(source), at(delta))
  await expect(apply('full.safetensors', 'between.delta')).rejects.toMatchObject({
    code: 'bad-weights',
    message: expect.stringContaining('another decoder'),
  })
  await expect(apply('taesd-decoder', 'full.safetensors')).rejects.toMatchObject({
    code: 'bad-weights',
    message: expect.stringContaining('no delta'),
  })
  await expect(apply('taesd-encoder', 'between.delta')).rejects.toMatchObject({ code: 'bad-weights' })
  await expect(apply('taesd-decoder', 'between.delta', 'between.delta')).rejects.toMatchObject({
    code: 'io',
    message: expect.stringContaining('overwrite'),
  })
  await expect(
    saveDeltaBetween(at('full.safetensors'), at('taesd-decoder'), at('full.safetensors')),
  ).rejects.toMatchObject({ code: 'io' })
  expect(readdirSync(folder).sort()).toEqual(before)
})
