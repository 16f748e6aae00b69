import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { StableSigError } from '../../errors.ts'
import type { Stage } from '../../models/autoencoders/autoencoder.ts'
import { conv, norm } from '../../models/layers.ts'
import { scope, type Weights } from '../../models/weights.ts'
import { relu } from '../../ops/activations.ts'
import { attention } from '../../ops/attention.ts'
import type { NormContext } from '../../ops/norm-statistics.ts'
import { nearestUp2 } from '../../ops/resize.ts'
import { applyInTiles, type Network, type TileOptions, type TileProgress } from './tiles.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const CHANNELS = 4

/** Networks of a few channels, with a norm in each stage or none, and attention where it is asked for. */
class Builder {
  readonly stages: Stage[] = []
  readonly weights: Record<string, tf.Tensor> = {}
  readonly norms: boolean
  constructor(norms: boolean) {
    this.norms = norms
  }
  convolve(scale: 0.5 | 1 | 2 = 1): this {
    const name = `s${this.stages.length}`
    const seed = this.stages.length
    this.weights[`${name}.weight`] = tf.randomNormal([3, 3, CHANNELS, CHANNELS], 0, 0.3, 'float32', 3 * seed)
    this.weights[`${name}.bias`] = tf.randomNormal([CHANNELS], 0, 0.3, 'float32', 3 * seed + 1)
    const weights = [`${name}.weight`, `${name}.bias`]
    if (this.norms) {
      this.weights[`${name}.norm.weight`] = tf.randomNormal([CHANNELS], 1, 0.2, 'float32', 3 * seed + 2)
      this.weights[`${name}.norm.bias`] = tf.zeros([CHANNELS])
      weights.push(`${name}.norm.weight`, `${name}.norm.bias`)
    }
    const apply = (all: Weights, x: tf.Tensor4D, context?: NormContext) =>
      tf.tidy(() => {
        const w = scope(all, name)
        const large = scale === 2 ? nearestUp2(x) : x
        return relu(conv(w, this.norms ? norm(w.at('norm'), large, 2, 1e-6, context) : large, scale === 0.5 ? 2 : 1))
      })
    this.stages.push({ name, weights, scale, apply })
    return this
  }
  attend(): this {
    const apply = (_: Weights, x: tf.Tensor4D) => tf.tidy(() => tf.add<tf.Tensor4D>(x, attention(x, x, x)))
    this.stages.push({ name: 'attend', weights: [], scale: 1, whole: true, apply })
    return this
  }
  network(): Network & { dispose(): void } {
    return { stages: this.stages, weights: this.weights, dispose: () => tf.dispose(this.weights) }
  }
}

const decoder = (norms: boolean) =>
  new Builder(norms).convolve().convolve(2).convolve().convolve(2).convolve().network()
const encoder = (norms: boolean) => new Builder(norms).convolve().convolve(0.5).convolve().convolve(0.5).network()
const image = (height: number, width: number, count = 1) =>
  tf.tidy(() => {
    // Brighter towards one corner, so that tiles differ in what they hold.
    const rows = tf.reshape(tf.linspace(0, 2, height), [1, -1, 1, 1])
    const columns = tf.reshape(tf.linspace(0, 3, width), [1, 1, -1, 1])
    const noise = tf.randomNormal<tf.Rank.R4>([count, height, width, CHANNELS], 0, 1, 'float32', 5)
    return tf.add<tf.Tensor4D>(noise, tf.add(rows, columns))
  })

async function compare(network: Network, x: tf.Tensor4D, options: TileOptions) {
  const before = tf.memory().numTensors
  const seen: TileProgress[] = []
  const tiled = await applyInTiles(network, x, { ...options, onTile: (progress) => seen.push(progress) })
  expect(tf.memory().numTensors).toBe(before + 1)
  const whole = tf.tidy(() => network.stages.reduce((y, stage) => stage.apply(network.weights, y), x))
  expect(tiled.shape).toEqual(whole.shape)
  const [got, want] = [await tiled.data<'float32'>(), await whole.data<'float32'>()]
  const error = got.reduce((most, value, i) => Math.max(most, Math.abs(value - want[i]!)), 0)
  const range = want.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  tf.dispose([tiled, whole])
  return { error: error / range, passes: Math.max(...seen.map(({ pass }) => pass)), seen }
}

describe('tiles', () => {
  test.each([
    ['up', decoder, 13, 20],
    ['up', decoder, 24, 5],
    ['down', encoder, 52, 40],
    ['down', encoder, 12, 100],
  ])('of a network of convolutions that goes %s are the whole but for rounding', async (_, make, height, width) => {
    const network = make(false)
    const x = image(height, width, 2)
    // A budget below any tile: as small as they get.
    const { error, passes, seen } = await compare(network, x, { memoryBytes: 1 })
    expect(error).toBeLessThan(1e-6)
    expect(passes).toBe(1)
    expect(seen.at(-1)).toMatchObject({ image: 1, images: 2, part: seen[0]!.parts })
    expect(seen.at(-1)!.tile).toBe(seen.at(-1)!.tiles)
    expect(seen.length).toBeGreaterThan(6)
    const kept = await compare(network, x, { memoryBytes: 20_000 })
    expect(kept.error).toBeLessThan(1e-6)
    x.dispose()
    network.dispose()
  })

  test.each([
    ['up', decoder, 14, 8],
    ['down', encoder, 28, 20],
  ])('of a network with group norms that goes %s are the whole too', async (_, make, height, width) => {
    const network = make(true)
    const x = image(height, width)
    for (const memoryBytes of [1, 10_000]) {
      const { error, passes } = await compare(network, x, { memoryBytes })
      expect(error).toBeLessThan(3e-6)
      expect(passes).toBeGreaterThan(1)
    }
    x.dispose()
    network.dispose()
  })

  test('are not cut where a stage sees all positions, which must fit', async () => {
    const network = new Builder(true).convolve().attend().convolve(2).convolve(2).network()
    const x = image(12, 18)
    // The part with attention takes 5 layers of 4 channels: 17,280 bytes.
    const { error, seen } = await compare(network, x, { memoryBytes: 18_000 })
    expect(error).toBeLessThan(3e-6)
    expect(seen.filter(({ part }) => part === 1)).toHaveLength(1)
    expect(seen.filter(({ part }) => part === 2).length).toBeGreaterThan(2)
    const before = tf.memory().numTensors
    await expect(applyInTiles(network, x, { memoryBytes: 16_000 })).rejects.toMatchObject({ code: 'limit' })
    expect(tf.memory().numTensors).toBe(before)
    x.dispose()
    network.dispose()
  })

  test('take their values from the host: a batch is read once, and no slice of it computed', async () => {
    const network = decoder(false)
    const x = image(12, 9, 3)
    let reads = 0
    const read = x.data.bind(x)
    x.data = ((...given: Parameters<typeof read>) => {
      reads++
      return read(...given)
    }) as typeof x.data
    for (const memoryBytes of [1, 40_000]) {
      reads = 0
      const { kernelNames } = await tf.profile(async () => (await applyInTiles(network, x, { memoryBytes })).dispose())
      expect([reads, kernelNames.includes('Slice')]).toEqual([1, false])
    }
    x.dispose()
    network.dispose()
  })

  test('are not made where all fits at once', async () => {
    const network = decoder(true)
    const x = image(6, 7)
    const { error, seen } = await compare(network, x, {})
    expect(error).toBe(0)
    expect(seen).toEqual([{ image: 0, images: 1, part: 1, parts: 1, pass: 1, tile: 1, tiles: 1 }])
    x.dispose()
    network.dispose()
  })

  test('stop between two when asked to, and leave no tensor', async () => {
    const network = decoder(true)
    const x = image(16, 16)
    const before = tf.memory().numTensors
    const stop = new AbortController()
    const options = {
      memoryBytes: 1,
      signal: stop.signal,
      onTile: ({ tile }: TileProgress) => tile === 3 && stop.abort(),
    }
    await expect(applyInTiles(network, x, options)).rejects.toMatchObject({ code: 'aborted' })
    await expect(applyInTiles(network, x, { memoryBytes: 0 })).rejects.toThrow(StableSigError)
    const small = encoder(false)
    const odd = image(9, 8)
    await expect(applyInTiles(small, odd, {})).rejects.toMatchObject({ code: 'shape' })
    odd.dispose()
    small.dispose()
    expect(tf.memory().numTensors).toBe(before)
    x.dispose()
    network.dispose()
  })
})
