import '@tensorflow/tfjs-backend-cpu'
import { extractorState, lightExtractorState } from '@stablesig/testing/networks'
import { type ByteSource, openWeights, type StateDict, writeSafetensors } from '@stablesig/weights'
import { memory, setBackend } from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import type { Extractor } from './extractor.ts'
import { loadExtractor } from './read-extractor.ts'
import { storedExtractor } from './stored-extractor.ts'

beforeAll(() => setBackend('cpu'))

const files: readonly (readonly [name: string, file: () => StateDict])[] = [
  ['light', () => lightExtractorState({ bits: 6, widths: [4, 6, 8], whiten: true })],
  ['HiDDeN', () => extractorState({ bits: 6, channels: 4, blocks: 2, whiten: true })],
  ['HiDDeN, not whitened', () => extractorState({ bits: 6, channels: 4, blocks: 1, whiten: false })],
]

test.each(files)('a %s extractor is read back bit for bit, whatever was folded into it', async (_, file) => {
  const before = memory().numTensors
  const extractor = await loadExtractor(file())
  const stored = await storedExtractor(extractor)
  const again = await loadExtractor(await openWeights(inMemory(writeSafetensors(stored))))
  expect(again).toMatchObject({ bits: 6, whitened: false })
  expect(again.network.architecture).toBe(extractor.network.architecture)
  expect(await valuesOf(again)).toEqual(await valuesOf(extractor))
  extractor.dispose()
  again.dispose()
  expect(memory().numTensors).toBe(before)
})

test('an extractor whose bits are sums of channels is refused, and not stored as one of more bits', async () => {
  const file = extractorState({ bits: 6, channels: 4, blocks: 1, whiten: false })
  const extractor = await loadExtractor(file, { redundancy: 2 })
  expect(extractor.bits).toBe(3)
  await expect(storedExtractor(extractor)).rejects.toMatchObject({ code: 'unsupported' })
  extractor.dispose()
})

const inMemory = (bytes: Uint8Array): ByteSource => ({
  ...{ name: 'extractor.safetensors', size: bytes.length },
  read: async (offset, length) => bytes.subarray(offset, offset + length),
})

/** All that logits depend on. */
async function valuesOf({ weights }: Extractor) {
  const used = Object.entries(weights).filter(([name]) => !name.startsWith('features.'))
  return Object.fromEntries(await Promise.all(used.map(async ([name, tensor]) => [name, await tensor.data()] as const)))
}
