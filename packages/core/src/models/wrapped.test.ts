import '@tensorflow/tfjs-backend-cpu'
import { extractorState, klState, tinyState } from '@stablesig/testing/networks'
import { replaceTensors, type StateDict } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { describeAutoencoder } from './autoencoders/describe.ts'
import { readAutoencoder, readDecoder, readEncoder } from './autoencoders/read-autoencoder.ts'
import { respellAutoencoder, storedAutoencoder } from './autoencoders/respell.ts'
import { describeExtractor, loadExtractor } from './read-extractor.ts'
import { storeWeights, tensorsNamed } from './stored.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const renamed = (state: StateDict, rename: (name: string) => string): StateDict => ({
  ...state,
  tensors: new Map([...state.tensors].map(([name, tensor]) => [rename(name), tensor])),
})
const joined = (...states: StateDict[]): StateDict => ({
  ...states[0]!,
  tensors: new Map(states.flatMap(({ tensors }) => [...tensors])),
})

/** What stands before the names, alone and nested. */
const OUTER = ['_orig_mod.', 'module.', '_forward_module.', 'model.', 'module._orig_mod.', '_orig_mod.module.model.']
const PATHS = ['state_dict/', 'model/', 'state_dict/module.', 'model_state_dict/_orig_mod.model.']

const numbers = (weights: Readonly<Record<string, tf.Tensor>>) =>
  Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, Array.from(tensor.dataSync())]))

describe('an extractor', () => {
  const shape = { bits: 6, channels: 4, blocks: 1 }
  const spellings: [string, StateDict][] = [
    ['TorchScript', extractorState({ ...shape, prefix: '0.', whiten: true })],
    ['bare', extractorState({ ...shape, whiten: false })],
    ['a joint checkpoint', extractorState({ ...shape, prefix: 'decoder.', whiten: false })],
  ]
  test.each(spellings)('%s in wrappers, and behind any path', async (_, plain) => {
    const expected = await loadExtractor(plain)
    const values = numbers(expected.weights)
    expected.dispose()
    const wrapped = [...OUTER, ...PATHS, '_orig_mod.module.encoder_decoder/'].map((prefix) =>
      renamed(plain, (name) => prefix + name),
    )
    const inside = renamed(plain, (name) => name.replace('layers.0.layers', 'layers.0._orig_mod.layers'))
    for (const state of [...wrapped, inside]) {
      const about = describeExtractor(state)
      expect([about.bits, about.missing, about.unexpected, about.wrong]).toEqual([6, [], [], []])
      for (const theirs of about.names.values()) expect(state.tensors.has(theirs)).toBe(true)
      const extractor = await loadExtractor(state)
      expect(numbers(extractor.weights)).toEqual(values)
      extractor.dispose()
    }
  })

  test('the prefix and what is missing are said as the file spells them', () => {
    const state = renamed(extractorState({ ...shape, whiten: false }), (name) => `_orig_mod.module.${name}`)
    const torn: StateDict = { ...state, tensors: new Map(state.tensors) }
    ;(torn.tensors as Map<string, unknown>).delete('_orig_mod.module.linear.bias')
    expect(describeExtractor(torn)).toMatchObject({
      prefix: '_orig_mod.module.',
      missing: ['_orig_mod.module.linear.bias'],
    })
  })
})

describe('an autoencoder', () => {
  const kl = { widths: [4, 8], latentChannels: 4, blocks: 1, groups: 2 }
  const tiny = { width: 4, latentChannels: 4, pooled: true } as const
  const halves = (['encoder', 'decoder'] as const).map((part) => tinyState(part, { ...tiny, spelling: 'taesd' }))
  const [encoder, decoder] = halves as [StateDict, StateDict]
  const comfy = joined(
    renamed(encoder, (name) => `taesd_encoder.${name}`),
    renamed(decoder, (name) => `taesd_decoder.${name}`),
  )
  const whole: [string, StateDict][] = [
    ['LDM', klState(kl)],
    ['diffusers', klState(kl, { layout: 'diffusers' })],
    ['FLUX.2', klState(kl, { layout: 'FLUX.2' })],
    ['VQ', klState({ ...kl, family: 'vq' }, { codes: 5 })],
    ['ComfyUI’s TAESD', comfy],
    [
      'diffusers AutoencoderTiny',
      joined(...(['encoder', 'decoder'] as const).map((part) => tinyState(part, { ...tiny, spelling: 'diffusers' }))),
    ],
  ]

  test.each(whole)('%s in wrappers: the same weights, under the file’s own names', async (_, plain) => {
    const options = { groups: 2 }
    const expected = await readAutoencoder(plain, options)
    const values = [numbers(expected.encoder.weights), numbers(expected.decoder.weights)]
    expected.dispose()
    const wrapped = [...OUTER, ...PATHS].map((prefix) => renamed(plain, (name) => prefix + name))
    const inside = [
      // torch.compile of each half, DataParallel of a block, FSDP of a block that is checkpointed.
      (name: string) => name.replace(/(encoder|decoder)\./, '$1._orig_mod.'),
      (name: string) => name.replace(/((?:up|down)(?:_blocks)?\.\d+\.|(?:en|de)coder\.(?:layers\.)?4\.)/, '$1module.'),
      (name: string) => name.replace(/\.(\d+)\.(?=\w)/, '.$1._fsdp_wrapped_module._checkpoint_wrapped_module.'),
    ].map((rename) => renamed(plain, rename))
    for (const state of [...wrapped, ...inside]) {
      const about = describeAutoencoder(state, options)
      expect([about.missing, about.unexpected, about.wrong]).toEqual([[], [], []])
      const autoencoder = await readAutoencoder(state, options)
      expect([numbers(autoencoder.encoder.weights), numbers(autoencoder.decoder.weights)]).toEqual(values)
      // What was not trained goes back where it lay: every name is the file's, and every byte.
      const { names, weights } = autoencoder.decoder
      const stored = await storeWeights(tensorsNamed(state, names), weights)
      const back = replaceTensors(state, new Map([...stored].map(([ours, data]) => [names.get(ours) ?? ours, data])))
      expect([...back.keys()]).toEqual([...state.tensors.keys()])
      autoencoder.dispose()
    }
  })

  test.each([
    '_orig_mod.',
    'model.',
    'module.model.',
    'taesd_decoder.',
    '_orig_mod.taesd_decoder.',
    'x/module.',
    'net.',
    'a/module.b.c.',
  ])('a tiny half with bare numbers behind %s', async (prefix) => {
    const expected = await readDecoder(decoder)
    const found = await readDecoder(renamed(decoder, (name) => prefix + name))
    expect(numbers(found.weights)).toEqual(numbers(expected.weights))
    expected.dispose()
    found.dispose()
    const other = await readEncoder(renamed(encoder, (name) => prefix.replace('decoder', 'encoder') + name))
    other.dispose()
  })

  test.each([
    ['.a', 'b'],
    ['.', '..'],
    ['/', ''],
    ['1.', '1..weight'],
  ])('names such as %j and %j hold none', (...names) => {
    const tensor = decoder.tensors.values().next().value!
    const state = { ...decoder, tensors: new Map(names.map((name) => [name, tensor])) }
    expect(() => describeAutoencoder(state)).toThrow(/no tensor of an autoencoder/)
  })

  test('statistics of latents go along when names are changed', () => {
    const state = klState(kl, { layout: 'FLUX.2' })
    const counter = { ...state.tensors.get('bn.running_mean')!, shape: [] }
    const counted = { ...state, tensors: new Map([...state.tensors, ['bn.num_batches_tracked', counter] as const]) }
    const wrapped = renamed(counted, (name) => `_orig_mod.${name.replace('bn.', 'bn.module.')}`)
    const about = describeAutoencoder(wrapped, { groups: 2 })
    const respelled = respellAutoencoder(storedAutoencoder({ state: wrapped, about }), 'diffusers')
    expect([...respelled.keys()]).toContain('bn.num_batches_tracked')
  })
})
