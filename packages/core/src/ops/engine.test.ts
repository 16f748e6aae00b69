import { extractorState, tinyState } from '@stablesig/testing/networks'
import { engine, KernelBackend, registerBackend, removeBackend } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { latentTensor } from '../inference/latents/latent-array.ts'
import { randomKlDecoder } from '../models/autoencoders/random.ts'
import { readDecoder } from '../models/autoencoders/read-autoencoder.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import { requireEngine } from './engine.ts'

// This file imports no backend: tfjs has none.
const callReady = expect.objectContaining({
  code: 'no-engine',
  message: expect.stringContaining('call ready() of @stablesig/backend-node first'),
})

test('whatever makes a program’s first tensors says to call ready() first', async () => {
  await expect(loadExtractor(extractorState({ bits: 6, channels: 4, blocks: 2 }))).rejects.toEqual(callReady)
  await expect(
    readDecoder(tinyState('decoder', { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' })),
  ).rejects.toEqual(callReady)
  expect(() => randomKlDecoder({ widths: [8], latentChannels: 2, groups: 4 })).toThrow(callReady)
  const latents = { values: new Float32Array(4 * 4), shape: [1, 4, 2, 2] }
  expect(() => latentTensor(latents, { latentChannels: 4, downscale: 8 })).toThrow(callReady)
  expect(engine().state.numTensors).toBe(0)
})

/** tfjs disposes what it removes. */
class IdleBackend extends KernelBackend {
  override dispose(): void {}
}

test('a backend that is still starting is to be awaited; one that runs will do', async () => {
  let start = (_: KernelBackend) => {}
  registerBackend('slow', () => new Promise<KernelBackend>((resolve) => (start = resolve)))
  expect(requireEngine).toThrow(callReady)
  start(new IdleBackend())
  await engine().ready()
  await engine().setBackend('slow')
  expect(requireEngine).not.toThrow()
  removeBackend('slow')
})
