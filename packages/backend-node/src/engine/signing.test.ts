import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asUnitImages, finetuneDecoder, randomKey } from '@stablesig/core'
import { loadAutoencoder, loadExtractor } from '@stablesig/core/models'
import { extractorState, tinyState } from '@stablesig/testing/networks'
import { type Rank, randomUniform } from '@tensorflow/tfjs-core'
import { expect, test, vi } from 'vitest'
import { ready } from './ready.ts'

test('whatever attacks a step draws, its program is compiled once for each size that images leave with', {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stablesig-signing-'))
  const file = join(folder, 'trace.jsonl')
  vi.stubEnv('STABLESIG_TRACE', file)
  await ready({ device: 'cpu', threads: 1 })
  vi.unstubAllEnvs()
  const shape = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const
  const autoencoder = await loadAutoencoder({
    encoder: tinyState('encoder', shape),
    decoder: tinyState('decoder', shape),
  })
  const extractor = await loadExtractor(extractorState({ bits: 8, channels: 4, blocks: 1 }))
  const images = {
    length: 4,
    read: async (index: number, size: number) =>
      asUnitImages(randomUniform<Rank.R4>([1, size, size, 3], 0, 1, 'float32', index)),
  }
  /** Programs that are compiled in a signing of so many steps. */
  async function compiledIn(steps: number): Promise<number> {
    const before = linesOf(file).length
    const { decoder } = await finetuneDecoder({
      ...{ autoencoder, extractor, images, steps, size: 32, batchSize: 2, stepsPerFlush: 1 },
      key: randomKey(8, { seed: 'signing' }),
      // Of two images often both or none are brightened or compressed.
      attacks: {
        ...{ ramp: 0, resized: 0.5, sides: [0.75] },
        ...{ brightness: 0.5, maxBrightness: 2, contrast: 0, jpeg: 0.5, minQuality: 50 },
      },
    })
    decoder.dispose()
    return linesOf(file)
      .slice(before)
      .filter(({ compileReason }) => compileReason !== null).length
  }
  await compiledIn(8)
  expect(await compiledIn(30)).toBe(0)
  autoencoder.dispose()
  extractor.dispose()
  rmSync(folder, { recursive: true })
})

const linesOf = (file: string): { readonly compileReason: string | null }[] =>
  (existsSync(file) ? readFileSync(file, 'utf8') : '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
