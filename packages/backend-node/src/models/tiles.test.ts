import { asUnitImages, decodeLatents, encodeImages, reconstructImages } from '@stablesig/core'
import { affineScaling, decodeTiled, encodeTiled, latentArray } from '@stablesig/core/latents'
import { decode, encode, joinAutoencoder, randomKlDecoder, randomKlEncoder } from '@stablesig/core/models'
import { startNodeBackend } from '@stablesig/tfjs-backend-onnx/node/pure'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'

let compiled = 0

beforeAll(async () => {
  const onFlush = ({ compileReason }: { compileReason: string | null }) => {
    if (compileReason !== null) compiled++
  }
  await startNodeBackend({ threads: 1, name: 'onnx-tiles', onFlush })
})

/** Greatest difference of two tensors, which are disposed. */
async function apart(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  expect(a.shape).toEqual(b.shape)
  const [x, y] = [await a.data<'float32'>(), await b.data<'float32'>()]
  tf.dispose([a, b])
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i]!)), 0)
}

test('the compiled engine gives in tiles what it gives at once, compiling once a pass and not once a tile', async () => {
  const shape = { widths: [8, 16], latentChannels: 2, groups: 4, blocks: 1 }
  const autoencoder = joinAutoencoder(randomKlEncoder(shape, 1), randomKlDecoder(shape, 2), affineScaling(0.5))
  const before = tf.memory().numTensors
  const z = tf.randomNormal<tf.Rank.R4>([1, 32, 32, 2], 0, 1, 'float32', 3)
  await z.data()
  const passes = new Set<string>()
  let tiles = 0
  compiled = 0
  const made = await decodeTiled(autoencoder, z, {
    memoryBytes: 400_000,
    onTile: ({ part, pass }) => {
      passes.add(`${part}.${pass}`)
      tiles++
    },
  })
  // One more cuts an image out of the batch.
  expect(compiled).toBeLessThanOrEqual(passes.size + 1)
  expect(tiles).toBeGreaterThan(3 * passes.size)
  expect(await apart(made, decode(autoencoder, z))).toBeLessThan(2e-5)

  const x = await asUnitImages(tf.randomUniform([1, 62, 70, 3], 0, 1, 'float32', 4))
  const encoded = await encodeTiled(autoencoder, x, { memoryBytes: 400_000 })
  expect(await apart(encoded, encode(autoencoder, x))).toBeLessThan(2e-5)

  const odd = await asUnitImages(tf.randomUniform([1, 13, 21, 3], 0, 1, 'float32', 5))
  const latents = await encodeImages(autoencoder, odd)
  const again = await decodeLatents(autoencoder, await latentArray(latents))
  expect(again.shape).toEqual([1, 14, 22, 3])
  const cut = tf.tidy(() => tf.slice(again, [0, 0, 0, 0], [1, 13, 21, 3]))
  expect(await apart(await reconstructImages(autoencoder, odd), cut)).toBeLessThan(1e-5)
  tf.dispose([z, x, odd, latents, again])
  expect(tf.memory().numTensors).toBe(before)
  autoencoder.dispose()
})
