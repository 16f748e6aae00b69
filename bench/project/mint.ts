import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withMinting } from '@stablesig/backend-node'
import { decode, type LatentDecoder, randomKey } from '@stablesig/core'
import { conditionDecoder, type Minter, mint, minterShapes, untrainedMinter } from '@stablesig/core/minting'
import { noise } from '@stablesig/testing/networks'
import { type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { type Measurement, median, peakRssMB, significant, TIMED, WARM_UP } from '../measurement.ts'
import type { Options } from '../options.ts'
import { realAutoencoder, realExtractor, startEngine } from './models.ts'

/** Keys whose figures are taken. */
const KEYS = 4 * TIMED

/**
 * Seconds from a key to a decoder's weights. How long that takes does not depend on what the minter has learnt, so its weights are drawn
 * at random. Told with it, in milliseconds: the same from and to files' tensors with a delta as the result, and its bytes; what the
 * first picture of a user takes beyond the next of the same one, where users are switched by their scales and where each has a decoder
 * of its own; and a whole decoder's bytes.
 */
export async function measureMint({ size }: Options, data: string): Promise<Measurement> {
  await startEngine()
  const extractor = await realExtractor(data)
  const autoencoder = await realAutoencoder(data)
  const { decoder } = autoencoder
  const minter = await randomMinter({ autoencoder, extractor })
  const keys = Array.from({ length: KEYS }, (_, i) => randomKey(extractor.bits, { seed: `bench ${i}` }))
  const seconds: number[] = []
  for (const key of keys) {
    const started = performance.now()
    const minted = await mint(minter, decoder, key)
    seconds.push((performance.now() - started) / 1000)
    minted.dispose()
  }
  const side = size / decoder.downscale
  const latents = tensor4d(noise('bench', side * side * decoder.latentChannels, 1), [
    1,
    side,
    side,
    decoder.latentChannels,
  ])
  const switched = await switching(
    keys.map((key) => () => conditionDecoder(minter, decoder, key)),
    latents,
  )
  const replaced = await switching(
    keys.slice(0, WARM_UP + 3).map((key) => () => mint(minter, decoder, key)),
    latents,
  )
  const deltas = await measureDeltas(minter, join(data, 'weights/taef2_decoder.pth'), keys)
  const decoderBytes = Object.values(decoder.weights).reduce((sum, weight) => sum + 4 * weight.size, 0)
  return {
    seconds: median(seconds.slice(WARM_UP)),
    peakRssMB: peakRssMB(),
    about: {
      ...deltas,
      decoderBytes,
      ...{ switchMs: switched.more, pictureMs: switched.steady },
      ...{ decoderOfItsOwnMs: replaced.more },
    },
  }
}

/** Milliseconds that a user's first picture takes beyond a later one's, and a later one's: medians. */
async function switching(users: readonly (() => Promise<LatentDecoder>)[], latents: Tensor4D) {
  const picture = async (decoder: LatentDecoder) => {
    const started = performance.now()
    const image = tidy(() => decode({ decoder }, latents))
    await image.data().finally(() => image.dispose())
    return performance.now() - started
  }
  const [more, steady]: [number[], number[]] = [[], []]
  for (const user of users) {
    const started = performance.now()
    const decoder = await user()
    const making = performance.now() - started
    const first = await picture(decoder)
    const next = median([await picture(decoder), await picture(decoder), await picture(decoder)])
    decoder.dispose()
    more.push(making + first - next)
    steady.push(next)
  }
  return { more: significant(median(more.slice(WARM_UP))), steady: significant(median(steady.slice(WARM_UP))) }
}

async function measureDeltas(minter: Minter, source: string, keys: readonly ReturnType<typeof randomKey>[]) {
  const folder = await mkdtemp(join(tmpdir(), 'stablesig-bench-'))
  try {
    return await withMinting({ minter, source }, async (minting) => {
      const milliseconds: number[] = []
      let bytes = 0
      for (const [i, key] of keys.entries()) {
        const started = performance.now()
        const { file } = await minting.delta(key)
        await writeFile(join(folder, `${i}.delta`), file)
        milliseconds.push(performance.now() - started)
        bytes = Math.max(bytes, file.length)
      }
      return { deltaMs: significant(median(milliseconds.slice(WARM_UP))), deltaBytes: bytes }
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function randomMinter(
  models: Pick<Parameters<typeof untrainedMinter>[0], 'autoencoder' | 'extractor'>,
): Promise<Minter> {
  const pictures = { length: 1, read: () => Promise.reject(new Error('nothing is trained here')) }
  const frame = await untrainedMinter({ ...models, pictures, steps: 1 })
  const values = Object.entries(minterShapes(frame.architecture)).map(
    ([name, shape]) =>
      [
        name,
        noise(
          name,
          shape.reduce((a, b) => a * b, 1),
          0.1,
        ),
      ] as const,
  )
  return { ...frame, values: Object.fromEntries(values) }
}
