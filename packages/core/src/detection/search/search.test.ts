import '@tensorflow/tfjs-backend-cpu'
import { falsePositiveRate, threshold, unionFalsePositiveRate } from '@stablesig/stats'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, test } from 'vitest'
import { StableSigError } from '../../errors.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import { keyFromBits, randomKeys } from '../../signal/key.ts'
import { createDetector } from '../detector.ts'
import { readLogits } from '../read-images.ts'
import { Registry } from '../registry/registry.ts'
import { picture, smallExtractor } from '../testing.ts'
import { candidatesOf, gridOf, type Search, STANDARD_SEARCH } from './grid.ts'
import { readCandidates } from './read-candidates.ts'
import { insideTurned, scaled, straightened } from './undo.ts'

const BITS = 24
const extractor = smallExtractor(BITS)
afterAll(() => extractor.dispose())

const batched = (seed: number, height = 48, width = 56): UnitImages =>
  tf.tidy(() => asUnit(tf.expandDims(picture(seed, height, width), 0) as tf.Tensor4D))

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof StableSigError) return error.code
    throw error
  }
  return 'nothing was thrown'
}

describe('the grid', () => {
  test('every combination once, the image as it is first', () => {
    const grid = gridOf({ scales: [0.5, 1, 1], rotations: [-6, 0, 6], flips: true })
    const all = candidatesOf(grid)
    expect(all).toHaveLength(12)
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(12)
    expect(all[0]).toEqual({ scale: 1, rotation: 0, flipped: false, window: { top: 0, left: 0, side: 1 } })
    // Also where the grid lacks it.
    expect(candidatesOf(gridOf({ rotations: [90] })).map(({ rotation }) => rotation)).toEqual([0, 90])
    expect(candidatesOf(gridOf('standard'))).toHaveLength(50)
    expect(gridOf('standard')).toBe(STANDARD_SEARCH)
  })

  test('windows reach from edge to edge', () => {
    const windows = candidatesOf(gridOf({ windows: [0.5] })).slice(1)
    expect(windows).toHaveLength(9)
    expect(windows.at(-1)?.window).toEqual({ top: 0.5, left: 0.5, side: 0.5 })
    for (const side of [0.7, 0.4, 0.3]) {
      const tops = candidatesOf(gridOf({ windows: [side] })).map(({ window }) => window.top)
      expect(Math.max(...tops)).toBeCloseTo(1 - side, 12)
    }
  })

  test.each<[string, unknown]>([
    ['another name', 'thorough'],
    ['a scale of 0', { scales: [0] }],
    ['no scales', { scales: [] }],
    ['text', { rotations: ['6'] }],
    ['more than a half turn', { rotations: [270] }],
    ['no truth value', { flips: 1 }],
    ['a window of nothing', { windows: [0] }],
    ['an empty shortlist', { shortlist: 0 }],
    ['a largest side below what is read', { maxSide: 16 }],
  ])('%s is refused', (_, search) => {
    expect(codeOf(() => gridOf(search as Search))).toBe('bad-argument')
    const [key] = randomKeys(1, BITS)
    expect(codeOf(() => createDetector({ extractor, key: key!, fpr: 0.01, search: search as Search }))).toBe(
      'bad-argument',
    )
  })

  test('more candidates than anyone reads are refused', () => {
    const many = Array.from({ length: 300 }, (_, i) => i / 10)
    expect(codeOf(() => gridOf({ rotations: many, scales: many.slice(1, 100).map((x) => x + 0.1) }))).toBe('limit')
  })
})

describe('undoing', () => {
  test.each([5, 24, -45, 90, 180])(
    'nothing from outside is in a white picture turned by %s degrees and back',
    (angle) => {
      tf.tidy(() => {
        const white = asUnit(tf.ones([1, 60, 44, 3]))
        const upright = straightened(white, {
          scale: 1,
          rotation: angle,
          flipped: false,
          window: { top: 0, left: 0, side: 1 },
        })
        // The border of a turned picture is half of what is outside, and is a pixel wide.
        const [, height, width] = upright.shape
        const inner = tf.slice(upright, [0, 1, 1, 0], [1, height - 2, width - 2, 3])
        expect(tf.min(inner).dataSync()[0]).toBeCloseTo(1, 5)
      })
    },
  )

  test('the inside of a turned square is 1/(cos + sin) of its side, and all of it at half a turn', () => {
    const angle = (20 * Math.PI) / 180
    const side = Math.floor(200 / (Math.cos(angle) + Math.sin(angle)))
    expect(insideTurned({ height: 200, width: 200 }, 20)).toEqual({ height: side, width: side })
    expect(insideTurned({ height: 80, width: 120 }, 180)).toEqual({ height: 80, width: 120 })
    expect(insideTurned({ height: 80, width: 120 }, 0)).toEqual({ height: 80, width: 120 })
  })

  test('a preview is the centre of the whole', () => {
    tf.tidy(() => {
      const image = batched(4, 64, 64)
      const whole = scaled(image, 2)
      const centre = tf.slice(whole, [0, 48, 48, 0], [1, 32, 32, 3])
      const difference = tf.max(tf.abs(tf.sub(centre, scaled(image, 2, 32))))
      // But for the pixels at its edge, which see no neighbours.
      expect(scaled(image, 2, 32).shape).toEqual([1, 32, 32, 3])
      expect(difference.dataSync()[0]).toBeLessThan(0.3)
    })
  })
})

describe('a detector that searches', () => {
  const standing = batched(7)
  afterAll(() => standing.dispose())

  test('finds a key in a mirrored part of a picture that it does not find as it is, and says how', async () => {
    const search: Search = { windows: [0.5], flips: true, shortlist: 20 }
    const red = tf.tidy(() =>
      asUnit(tf.add(tf.mul(batched(14, 40, 48), 0.2), tf.tensor1d([0.8, 0, 0.1])) as tf.Tensor4D),
    )
    const quarters = [...[11, 12, 13].map((seed) => batched(seed, 40, 48)), red]
    const collage = tf.tidy(() => {
      const rows = [quarters.slice(0, 2), quarters.slice(2)].map((row) => tf.concat(row, 2))
      return asUnit(tf.reverse(tf.concat(rows, 1), 2) as tf.Tensor4D)
    })
    // The key is what the last quarter reads as.
    const [outcome] = await readLogits(quarters[3]!, { extractor })
    if (!outcome?.ok) throw outcome?.error
    const key = keyFromBits(Array.from(outcome.value, (logit) => (logit > 0 ? 1 : 0)))
    const before = tf.memory().numTensors
    const [found] = await createDetector({ extractor, key, fpr: 1e-3, search }).detect(collage)
    expect(tf.memory().numTensors).toBe(before)
    if (!found?.ok) throw found?.error
    expect(found.value).toMatchObject({ detected: true, matches: BITS, fpr: 1e-3 })
    const how = found.value.search
    expect(how).toMatchObject({ compared: 19, considered: 19, rawPValue: 2 ** -BITS })
    // Told well enough to read it again.
    const again = tf.tidy(() => scaled(straightened(collage, how!.candidate), how!.candidate.scale))
    const [read] = await readLogits(again, { extractor })
    expect(read?.ok && [...read.value]).toEqual(found.value.logits)
    expect(how?.candidate.window.side).toBe(0.5)
    expect(found.value.pValue).toBeCloseTo(19 * 2 ** -BITS, 15)
    expect(found.value.threshold).toBe(threshold(BITS, 1e-3 / 19))
    const [plain] = await createDetector({ extractor, key, fpr: 1e-3 }).detect(collage)
    expect(plain?.ok && plain.value.detected).toBe(false)
    expect(plain?.ok && plain.value).not.toHaveProperty('search')
    tf.dispose([collage, again, quarters])
  })

  test('a shortlist is compared, all others are only considered, and the image as it is stays', async () => {
    const search: Search = { rotations: [-12, 0, 12], scales: [1, 1.5], flips: true, shortlist: 3 }
    const before = tf.memory().numTensors
    const [read] = await readCandidates(standing, { extractor, search })
    expect(tf.memory().numTensors).toBe(before)
    if (!read?.ok) throw read?.error
    expect(read.value).toMatchObject({ considered: 12 })
    expect(read.value.rows).toHaveLength(3)
    expect(read.value.candidates[0]).toEqual(candidatesOf(gridOf(search))[0])
    const [plain] = await readLogits(standing, { extractor })
    expect(plain?.ok && plain.value).toEqual(read.value.rows[0])
  })

  test('candidates that are too small or too large are not considered; a large image is made smaller first', async () => {
    const [small] = await readCandidates(standing, {
      extractor,
      search: { scales: [0.25, 1, 4], maxSide: 64, shortlist: 9 },
    })
    expect(small?.ok && small.value.considered).toBe(1)
    const [large] = await readCandidates(standing, { extractor, search: { scales: [1], maxSide: 40 } })
    expect(large?.ok && large.value.rows).toHaveLength(1)
  })

  test('of random keys no more than the stated share is found, for keys and users alike', async () => {
    const search: Search = { rotations: [-20, 0, 20], scales: [1, 1.4], flips: true, shortlist: 4 }
    const [read] = await readCandidates(standing, { extractor, search })
    if (!read?.ok) throw read?.error
    const keys = randomKeys(5000, BITS, { seed: 'search' })
    for (const fpr of [0.1, 0.01]) {
      const decider = keys.map((key) => createDetector({ extractor, key, fpr }).decideBest(read.value.rows))
      const found = decider.filter(({ detected }) => detected).length
      expect(found).toBeLessThanOrEqual(5000 * fpr + 3.1 * Math.sqrt(5000 * fpr))
      expect(found).toBeGreaterThan(0)
    }
  })

  test('users and several keys say what was found, each for itself', async () => {
    const keys = randomKeys(5, BITS, { seed: 'several' })
    const registry = new Registry(BITS)
    for (const [i, key] of keys.entries()) registry.add(`user ${i}`, key)
    const search: Search = { flips: true }
    const options = { extractor, fpr: 0.01, search }
    const [identified] = await createDetector({ ...options, registry }).identify(standing)
    const [each] = await createDetector({ ...options, keys }).detect(standing)
    if (!identified?.ok || !each?.ok) throw new Error('could not be decided')
    const { search: how, matches, pValue } = identified.value
    expect(how).toMatchObject({ compared: 2, considered: 2, rawPValue: falsePositiveRate(matches, BITS) })
    expect(pValue).toBe(Math.min(1, 2 * unionFalsePositiveRate(how!.rawPValue, 5)))
    expect(each.value).toHaveLength(5)
    for (const one of each.value) expect(one.search?.compared).toBe(2)
  })

  test('what cannot be decided stays with its image; images together are not searched', async () => {
    const [key] = randomKeys(1, BITS)
    const detector = createDetector({ extractor, key: key!, fpr: 0.01, search: { flips: true } })
    const plain = asUnit(tf.fill([1, 40, 40, 3], 0.5))
    const [outcome] = await detector.detect(plain)
    expect(outcome).toMatchObject({ ok: false, code: 'no-decision' })
    await expect(detector.detectTogether(plain)).rejects.toMatchObject({ code: 'bad-argument' })
    plain.dispose()
    const controller = new AbortController()
    controller.abort()
    await expect(detector.detect(standing, { signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' })
  })
})
