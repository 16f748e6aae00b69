import { useOnnx } from '@stablesig/testing/engine'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { balancedTerms } from './balanced.ts'
import { invertLatent } from './invert.ts'
import { noiseImages, tinyAutoencoder } from './testing.ts'

test('on the compiled engine an inversion is one graph, however many iterations, and five passes are another', async () => {
  const engine = await useOnnx()
  const autoencoder = await tinyAutoencoder()
  const images = noiseImages('compiled', [2, 16, 16])
  const sessions = () => engine.memory().sessions
  const run = async (iterations: number, more: Partial<Parameters<typeof invertLatent>[0]> = {}) => {
    const found = await invertLatent({ autoencoder, images, iterations, ...more })
    found.dispose()
    return found.images.map(({ losses }) => losses)
  }
  const before = tf.memory().numTensors
  await run(2)
  const first = sessions()
  const whole = await run(12)
  expect(sessions()).toBe(first)
  // Five iterations a flush are one more graph, and two that are left over another.
  const together = await run(12, { iterationsPerFlush: 5 })
  expect(sessions()).toBeLessThanOrEqual(first + 2)
  for (const [i, losses] of together.entries())
    for (const [k, loss] of losses.entries()) expect(loss).toBeCloseTo(whole[i]?.[k] ?? 0, 6)

  await balancedTerms(autoencoder, images)
  const withPasses = sessions()
  await balancedTerms(autoencoder, images)
  expect(sessions()).toBe(withPasses)
  expect(tf.memory().numTensors).toBe(before)
  images.dispose()
  autoencoder.dispose()
})
