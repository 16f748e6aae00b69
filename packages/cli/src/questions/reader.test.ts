import '@tensorflow/tfjs-backend-cpu'
import type { Extractor, UnitImages } from '@stablesig/core'
import { asUnitImages } from '@stablesig/core/images'
import { loadExtractor } from '@stablesig/core/models'
import { extractorState, noise } from '@stablesig/testing/networks'
import { memory, setBackend, tensor4d } from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { readerOf } from './reader.ts'

beforeAll(() => setBackend('cpu'))

const picture = (seed: string): Promise<UnitImages> =>
  asUnitImages(
    tensor4d(
      noise(seed, 40 * 40 * 3, 0.1).map((value) => Math.max(0, Math.min(1, 0.5 + value))),
      [1, 40, 40, 3],
    ),
  )

/** How often the extractor's convolutions are run. */
function counted(extractor: Extractor): { readonly extractor: Extractor; runs: number } {
  const counter = { runs: 0, extractor }
  const { network } = extractor
  const activations: typeof network.activations = (...given) => {
    counter.runs++
    return network.activations(...given)
  }
  counter.extractor = { ...extractor, network: { ...network, activations } }
  return counter
}

test.each([
  ['as it is', undefined],
  ['in the candidates of a search', { scales: [1, 2] }],
] as const)('an image that is read %s is read once for all that is asked of it', async (_, search) => {
  const before = memory().numTensors
  const loaded = await loadExtractor(extractorState({ bits: 4, channels: 4, blocks: 1 }))
  const counter = counted(loaded)
  const reader = readerOf(counter.extractor, search, { signal: new AbortController().signal })
  const [a, b] = [await picture('a'), await picture('b')]
  const first = await reader.read(a)
  const { runs } = counter
  expect(runs).toBeGreaterThan(0)
  expect(await reader.read(a)).toBe(first)
  expect(counter.runs).toBe(runs)
  expect(await reader.read(b)).not.toEqual(first)
  expect(counter.runs).toBe(2 * runs)
  for (const one of [a, b, loaded]) one.dispose()
  expect(memory().numTensors).toBe(before)
})
