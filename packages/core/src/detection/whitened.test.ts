import '@tensorflow/tfjs-backend-cpu'
import { extractorState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Extractor } from '../models/extractor.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import type { UnitImage } from '../signal/images.ts'
import { randomKey } from '../signal/key.ts'
import { decide } from './decide.ts'
import { decideTogether } from './decide-together.ts'
import { detect, detectKeys, detectTogether } from './detect.ts'
import { identify } from './identify.ts'
import { readLogits } from './read-images.ts'
import { Registry } from './registry/registry.ts'

let plain: Extractor
let whitened: Extractor
let image: UnitImage
const key = randomKey(24, { seed: 1 })
const registry = new Registry(24)
registry.add('ada', key)

beforeAll(async () => {
  await tf.setBackend('cpu')
  const shape = { bits: 24, channels: 4, blocks: 1, prefix: '0.' }
  plain = await loadExtractor(extractorState({ ...shape, whiten: false }))
  whitened = await loadExtractor(extractorState({ ...shape, whiten: true }))
  image = tf.randomUniform([32, 32, 3], 0, 1, 'float32', 1) as UnitImage
})
afterAll(() => {
  plain.dispose()
  whitened.dispose()
  image.dispose()
})

/** Every function that takes an extractor and gives a p-value. */
const PATHS: [string, (extractor: Extractor, allowUnwhitened?: boolean) => Promise<{ whitened: boolean | null }>][] = [
  ['detect', (extractor, allowUnwhitened) => detect(image, { extractor, key, allowUnwhitened })],
  [
    'detect, of several',
    async (extractor, allowUnwhitened) => {
      const [outcome] = await detect([image], { extractor, key, allowUnwhitened })
      return outcome?.ok ? outcome.value : expect.fail('not decided')
    },
  ],
  [
    'detectKeys',
    async (extractor, allowUnwhitened) =>
      (await detectKeys(image, { extractor, keys: [key], allowUnwhitened }))[0] ?? expect.fail('not decided'),
  ],
  ['detectTogether', (extractor, allowUnwhitened) => detectTogether([image], { extractor, key, allowUnwhitened })],
  ['identify', (extractor, allowUnwhitened) => identify(image, { extractor, registry, allowUnwhitened })],
]

describe.each(PATHS)('%s', (_, decideOn) => {
  test('states that its extractor is whitened', async () => {
    expect((await decideOn(whitened)).whitened).toBe(true)
  })

  test('refuses one that is not, before an image is read, and with consent says so', async () => {
    const before = tf.memory().numTensors
    for (const consent of [undefined, false])
      await expect(decideOn(plain, consent)).rejects.toMatchObject({
        code: 'not-whitened',
        message: expect.stringMatching(/allowUnwhitened: true/),
      })
    expect((await decideOn(plain, true)).whitened).toBe(false)
    expect(tf.memory().numTensors).toBe(before)
  })

  test('takes an extractor that says nothing of it for one that is not', async () => {
    const { whitened: _, ...silent } = whitened
    await expect(decideOn(silent as Extractor)).rejects.toMatchObject({ code: 'not-whitened' })
    expect((await decideOn(silent as Extractor, true)).whitened).toBe(false)
  })
})

test('logits have no p-value yet, and what is decided on them alone cannot know', async () => {
  const [outcome] = await readLogits([image], { extractor: plain })
  const logits = outcome?.ok ? outcome.value : expect.fail('not read')
  const decisions = [
    decide(logits, { key }),
    ...decide(logits, { keys: [key] }),
    decideTogether([logits], { key }),
    decide(logits, { registry }),
  ]
  expect(decisions.map(({ whitened }) => whitened)).toEqual([null, null, null, null])
})
