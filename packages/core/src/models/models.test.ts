import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import { extractorState, stateOf, tinyState } from '@stablesig/testing/networks'
import { memorySource, openWeights, type StateDict, type StateTensor } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { decode, encode, extractLogits } from '../inference/graphs.ts'
import { asUnit } from '../signal/images.ts'
import { loadAutoencoder, readDecoder, readEncoder } from './autoencoders/read-autoencoder.ts'
import { loadExtractor } from './read-extractor.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

/** A copy in which some tensors are others, or null: gone. */
function changed(state: StateDict, changes: Record<string, StateTensor | null>): StateDict {
  const tensors = new Map(state.tensors)
  for (const [name, tensor] of Object.entries(changes)) {
    if (tensor) tensors.set(name, tensor)
    else tensors.delete(name)
  }
  return { ...state, tensors }
}

describe('loadExtractor', () => {
  test('reads depth, width and bits from shapes, in every spelling', async () => {
    for (const spelling of ['', 'module.decoder.', 'decoder.', 'encoder_decoder/module.decoder.']) {
      const state = extractorState({ bits: 6, channels: 4, blocks: 2, prefix: spelling, whiten: false })
      const extractor = await loadExtractor(state)
      expect(extractor).toMatchObject({ bits: 6, whitened: false, network: { architecture: 'hidden', halo: 3 } })
      extractor.dispose()
    }
    const whitened = await loadExtractor(
      extractorState({ bits: 6, channels: 4, blocks: 2, prefix: '0.', whiten: true }),
    )
    expect(whitened).toMatchObject({ bits: 6, whitened: true })
    whitened.dispose()
  })

  test('frees all it made, also when a file is refused', async () => {
    const before = tf.memory().numTensors
    const state = extractorState({ bits: 6, channels: 4, blocks: 2 })
    const extractor = await loadExtractor(state)
    extractor.dispose()
    const nan = stateOf({ 'linear.bias': [[6], [0, 0, Number.NaN, 0, 0, 0]] }).tensors.get('linear.bias')!
    await expect(loadExtractor(changed(state, { 'linear.bias': nan }))).rejects.toThrow(/linear\.bias.*NaN/)
    await expect(loadExtractor(changed(state, { 'layers.1.layers.1.running_var': null }))).rejects.toThrow(
      /running_var/,
    )
    await expect(loadExtractor(changed(state, { 'layers.7.surprise': nan }))).rejects.toThrow(/layers\.7\.surprise/)
    await expect(loadExtractor(changed(state, { 'layers.1.layers.0.weight': nan }))).rejects.toThrow(/shape/)
    await expect(loadExtractor(stateOf({ 'other.weight': [[1], [1]] }))).rejects.toThrow(/no tensor of an extractor/)
    await expect(loadExtractor(state, { redundancy: 4 })).rejects.toThrow(/redundancy/)
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('tiny autoencoders', () => {
  test.each([
    ['TAESD', 4, false, 'taesd'],
    ['with pooled blocks', 16, true, 'taesd'],
    ["in diffusers' spelling", 4, false, 'diffusers'],
  ] as const)('%s: shapes, and as many tensors after as before', async (_, latentChannels, pooled, spelling) => {
    const before = tf.memory().numTensors
    const part = (part: 'encoder' | 'decoder') => tinyState(part, { width: 4, latentChannels, pooled, spelling })
    const autoencoder = await loadAutoencoder({ encoder: part('encoder'), decoder: part('decoder') })
    expect(autoencoder).toMatchObject({ latentChannels, downscale: 8 })
    const loaded = tf.memory().numTensors
    const images = asUnit(tf.fill([2, 16, 24, 3], 0.5))
    const latents = encode(autoencoder, images)
    expect(latents.shape).toEqual([2, 2, 3, latentChannels])
    const decoded = decode(autoencoder, latents)
    expect(decoded.shape).toEqual([2, 16, 24, 3])
    tf.dispose([images, latents, decoded])
    expect(tf.memory().numTensors).toBe(loaded)
    const name = spelling === 'taesd' ? '3.conv.0.weight' : 'decoder.layers.2.conv.0.weight'
    expect(autoencoder.decoder.names.get('3.conv.0.weight')).toBe(name)
    autoencoder.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  test('refuses what is not one, naming the tensor, and leaves nothing', async () => {
    const before = tf.memory().numTensors
    const options = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const
    const state = tinyState('decoder', options)
    await expect(readDecoder(changed(state, { '4.conv.2.weight': null }))).rejects.toThrow(/4\.conv\.2\.weight/)
    await expect(readDecoder(changed(state, { '7.weight': null }))).rejects.toThrow(/layer 8 follows layer 5/)
    await expect(readEncoder(state)).rejects.toThrow(/first layer is 1/)
    await expect(
      loadAutoencoder({ encoder: tinyState('encoder', { ...options, latentChannels: 16 }), decoder: state }),
    ).rejects.toThrow(/latentChannels is 16.*4/)
    expect(tf.memory().numTensors).toBe(before)
  })
})

const data = process.env.STABLESIG_DATA ?? new URL('../../../../../shared/data', import.meta.url).pathname
const real = join(data, 'weights')
describe.skipIf(!existsSync(real))('real weights', () => {
  const open = (file: string) => openWeights(memorySource(file, readFileSync(join(real, file))))
  test('load', async () => {
    const extractor = await loadExtractor(await open('dec_48b_whit.torchscript.pt'))
    expect(extractor).toMatchObject({ bits: 48, whitened: true, network: { architecture: 'hidden', halo: 9 } })
    const images = asUnit(tf.fill([1, 8, 8, 3], 0.5))
    const logits = extractLogits(extractor, images)
    expect(logits.shape).toEqual([1, 48])
    tf.dispose([images, logits])
    extractor.dispose()
    const files = { encoder: await open('taef2_encoder.pth'), decoder: await open('taef2_decoder.pth') }
    const autoencoder = await loadAutoencoder(files)
    expect(autoencoder).toMatchObject({ latentChannels: 32, downscale: 8 })
    autoencoder.dispose()
  })
})
