import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { openAutoencoder, openExtractor, ready, sha256File } from '@stablesig/backend-node'
import { memory } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { AUTOENCODER_16, EXTRACTOR_48, type ShippedModel } from './index.ts'

const MODELS: readonly ShippedModel[] = [AUTOENCODER_16, EXTRACTOR_48]
const MAX_BYTES = 4e6

beforeAll(async () => {
  await ready({ device: 'cpu', threads: 1 })
})

describe.each(MODELS)('$name', ({ name, url, bytes, sha256, card }) => {
  test('is the file that is told of, and small', async () => {
    const file = await readFile(url)
    expect(file.length).toBe(bytes)
    expect(bytes).toBeLessThan(MAX_BYTES)
    expect(await sha256File(fileURLToPath(url))).toBe(sha256)
  })

  test('has a card with its figures, its training, its data and its licence', async () => {
    const text = await readFile(card, 'utf8')
    expect(text.startsWith(`# ${name}\n`)).toBe(true)
    for (const heading of ['Figures', 'Training', 'Data', 'Limits', 'Licence'])
      expect(text, heading).toContain(`\n## ${heading}\n`)
  })
})

test('they open as what they are, and are freed', async () => {
  const before = memory().numTensors
  const [autoencoder, extractor] = await Promise.all([
    openAutoencoder({ path: AUTOENCODER_16.url }),
    openExtractor(EXTRACTOR_48.url),
  ])
  expect([autoencoder.latentChannels, autoencoder.downscale]).toEqual([16, 8])
  expect([extractor.bits, extractor.whitened]).toEqual([48, true])
  autoencoder.dispose()
  extractor.dispose()
  expect(memory().numTensors).toBe(before)
})
