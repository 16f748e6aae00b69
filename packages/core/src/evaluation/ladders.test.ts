import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { asUnit } from '../signal/images.ts'
import { jpegJsCodec } from '../transforms/codec/jpeg-js-codec.ts'
import { applyTransforms } from '../transforms/pipeline/apply.ts'
import { parseTransforms, spellTransforms } from '../transforms/pipeline/spelling.ts'
import { parseAttacks } from './attacks.ts'
import { COMPRESSION_LADDERS } from './ladders.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

test('every ladder is an attack that evaluate takes, spelled as it is read back, and named once', () => {
  const attacks = COMPRESSION_LADDERS.map(({ attack }) => attack)
  expect(parseAttacks(attacks, jpegJsCodec()).map(({ name }) => name)).toEqual(attacks)
  expect(attacks.map((attack) => spellTransforms(parseTransforms(attack)))).toEqual(attacks)
  expect(new Set(COMPRESSION_LADDERS.map(({ name }) => name)).size).toBe(attacks.length)
})

test('a longer side is brought down to the limit, aspect kept, and a smaller picture keeps its size', async () => {
  for (const [shape, attack, wanted] of [
    [[1, 30, 40, 3], 'fit:20', [1, 15, 20, 3]],
    [[1, 41, 17, 3], 'fit:20', [1, 20, 8, 3]],
    [[2, 16, 20, 3], 'fit:20', [2, 16, 20, 3]],
    [[1, 1, 400, 3], 'fit:20', [1, 1, 20, 3]],
  ] as const) {
    const x = asUnit(tf.fill([...shape], 0.25))
    const before = tf.memory().numTensors
    const made = await applyTransforms(x, parseTransforms(attack))
    expect(made.shape).toEqual(wanted)
    expect((await made.data()).every((value) => Math.abs(value - 0.25) < 1e-6)).toBe(true)
    made.dispose()
    expect(tf.memory().numTensors).toBe(before)
    x.dispose()
  }
})
