import { extractorState, tinyState } from '@stablesig/testing/networks'
import type { StateDict } from '@stablesig/weights'
import { describe, expect, test } from 'vitest'
import { describeExtractor } from './read-extractor.ts'

const unread = (state: StateDict): StateDict => ({
  ...state,
  tensors: new Map(
    [...state.tensors].map(([name, tensor]) => [name, { ...tensor, read: () => Promise.reject(new Error('read')) }]),
  ),
})

describe('an extractor told by names and shapes', () => {
  test('whitened, as TorchScript names it', () => {
    const state = unread(extractorState({ bits: 8, channels: 4, blocks: 2, prefix: '0.', whiten: true }))
    const { names, ...about } = describeExtractor(state)
    expect(about).toEqual({
      ...{ layout: 'TorchScript extractor', prefix: '', architecture: 'hidden', bits: 8, convolutions: 3, channels: 4 },
      ...{ redundancy: 1 },
      ...{ whitened: true, missing: [], unexpected: [], wrong: [] },
    })
    expect(names.get('whiten.bias')).toBe('1.bias')
    expect(names.get('layers.0.layers.0.weight')).toBe('0.layers.0.layers.0.weight')
  })

  test('in a joint checkpoint, with what is wrong told and not thrown', () => {
    const { tensors, ...about } = unread(
      extractorState({ bits: 4, channels: 4, blocks: 1, prefix: 'module.decoder.', whiten: false }),
    )
    const torn = new Map(tensors)
    torn.delete('module.decoder.layers.0.layers.1.running_var')
    torn.set('module.decoder.other', tensors.values().next().value!)
    expect(describeExtractor({ ...about, tensors: torn })).toMatchObject({
      ...{ layout: 'HiDDeN checkpoint', prefix: 'module.decoder.', bits: 4, whitened: false },
      ...{ missing: ['module.decoder.layers.0.layers.1.running_var'], unexpected: ['module.decoder.other'] },
    })
  })

  test('nothing of one', () => {
    const tiny = tinyState('decoder', { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' })
    expect(() => describeExtractor(tiny)).toThrow(/extractor/)
  })
})
