import { keyFromBits, Registry, randomKey } from '@stablesig/core'
import { readBits } from '@stablesig/core/metrics'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readImage } from '../images/read-image.ts'
import { logitsOfNode, type PictureOfNode, picturesOfNode } from '../testing/pictures.ts'
import { fixtures } from '../testing/whole.ts'
import type { WeightsProgress } from '../weights/weights-source.ts'
import { createWorkerDetector } from './create-worker-detector.ts'
import type { WorkerDetector, WorkerDetectorOptions } from './worker-detector.ts'

const weights = `${fixtures}/extractor/weights-48x1.safetensors`
const worker = () => new Worker(new URL('./detector-worker.ts', import.meta.url), { type: 'module' })
const options: WorkerDetectorOptions = {
  extractor: { weights: `/@fs${weights}` },
  engine: { device: 'wasm' },
  allowUnwhitened: true,
  worker,
}

let pictures: readonly PictureOfNode[] = []
let detector: WorkerDetector
/** Bits that the first picture reads as: the key that it carries, as far as these tests go. */
let bits: readonly number[] = []
const loaded: number[] = []
const registry = new Registry(48)
beforeAll(async () => {
  pictures = await picturesOfNode()
  const [first, second, want] = await Promise.all([randomKey(48), randomKey(48), logitsOfNode(weights, 64)])
  bits = [...readBits(want[0]!)]
  const key = keyFromBits(bits)
  registry.add('ada', key)
  registry.add('bob', first)
  const onLoading = ({ loaded: bytes }: WeightsProgress) => loaded.push(bytes)
  detector = await createWorkerDetector({ ...options, sizes: [64, 32], key, keys: [second, key], registry, onLoading })
}, 120_000)
afterAll(() => detector?.close())

/** A picture's centre square of 64 pixels, as the page would show it. */
async function square({ name, file }: PictureOfNode): Promise<ImageData> {
  const { width, height, data } = await readImage(file, { name, size: 64 })
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let at = 0; at < width * height; at++) rgba.set(data.subarray(3 * at, 3 * at + 3), 4 * at)
  return new ImageData(rgba, width, height)
}

test('says what it is, and how its weights came in', () => {
  expect(detector.extractor).toEqual({ bits: 48, whitened: false })
  expect(detector.engine).toMatchObject({ device: 'wasm', reason: 'WebAssembly was asked for' })
  expect(loaded.at(-1)).toBe(50768)
})

test('twenty files read as on Node: equal bits, and logits within 2e-3 where their pixels are equal', async () => {
  const want = await logitsOfNode(weights, 64)
  expect(want).toHaveLength(20)
  const differences: Record<string, number> = {}
  for (const [i, picture] of pictures.entries()) {
    const { logits } = (await detector.read(await square(picture), { name: picture.name })).at(-1)!
    expect([picture.name, [...readBits(logits)]]).toEqual([picture.name, [...readBits(want[i]!)]])
    differences[picture.name] = logits.reduce((most, logit, bit) => Math.max(most, Math.abs(logit - want[i]![bit]!)), 0)
  }
  // One level of one channel is what browsers and libvips differ in when they blend, convert YUV or cut 16 bits.
  const inexact = Object.keys(differences).filter((name) => /transparency|16 bits|webp$|avif/.test(name))
  for (const [name, difference] of Object.entries(differences))
    expect([name, difference < (inexact.includes(name) ? 0.1 : 2e-3)], `${difference}`).toEqual([name, true])
})

test('detects a key, keys and whose key it is, and leaves no tensor', async () => {
  const picture = pictures[0]!
  const data = await square(picture)
  const before = await detector.memory()
  expect(await detector.detect(data)).toMatchObject({ detected: true, matches: 48, total: 48, width: 64, height: 64 })
  expect((await detector.detectKeys(data)).map(({ detected }) => detected)).toEqual([false, true])
  const bitmap = await createImageBitmap(data)
  expect(await detector.identify(bitmap)).toMatchObject({ user: 'ada' })
  expect(bitmap.width, 'the caller keeps its bitmap').toBe(64)
  expect(await detector.memory()).toEqual(before)
  expect(await detector.detect(new File([new Uint8Array(picture.file)], 'a.jpg'))).toMatchObject({
    width: 64,
    height: 47,
  })
})

test('what is wrong with an image stays with it', async () => {
  await expect(detector.read(new Uint8Array(30), { name: 'odd.bin' })).rejects.toEqual(
    expect.objectContaining({ code: 'bad-image', message: expect.stringMatching(/^odd\.bin: it is not an image/) }),
  )
  // @ts-expect-error: as callers without types may have it
  await expect(detector.read('photo.png')).rejects.toMatchObject({ code: 'bad-argument' })
  expect(await detector.read(pictures[0]!.file)).toHaveLength(1)
})

test('images are given up, and progress is told', async () => {
  const { file } = pictures[0]!
  const controller = new AbortController()
  const sizes: string[] = []
  const first = detector.read(file, { onProgress: ({ sizes: done, of }) => sizes.push(`${done}/${of}`) })
  const given = detector.read(file, { signal: controller.signal })
  controller.abort('another picture')
  await expect(given).rejects.toMatchObject({ code: 'aborted', cause: 'another picture' })
  await first
  expect(sizes).toEqual(['1/2', '2/2'])
})

test('the page stays responsive while an image is read: no task of 50 ms', async () => {
  const data = await square(pictures[0]!)
  const durations: number[] = []
  const observer = new PerformanceObserver((list) => {
    durations.push(...list.getEntries().map(({ duration }) => duration))
  })
  observer.observe({ type: 'longtask' })
  await detector.read(data)
  await new Promise((resolve) => setTimeout(resolve, 50))
  observer.disconnect()
  expect(durations).toEqual([])
})

describe('a worker that does not open', () => {
  const scripted = (script: string) => () => new Worker(URL.createObjectURL(new Blob([script])))

  test('says why', async () => {
    const reply = `postMessage({ id: 1, answer: { type: 'failed', error: { code: 'bad-weights', message: 'x.pt is cut off' } } })`
    await expect(
      createWorkerDetector({ ...options, worker: scripted(`onmessage = () => ${reply}`) }),
    ).rejects.toMatchObject({ code: 'bad-weights', message: 'x.pt is cut off' })
  })
  test('because its script fails is an error', async () => {
    await expect(
      createWorkerDetector({ ...options, worker: scripted('throw new Error("no such module")') }),
    ).rejects.toEqual(expect.objectContaining({ code: 'worker', message: expect.stringContaining('no such module') }))
  })
  test('is given up', async () => {
    const signal = AbortSignal.timeout(10)
    await expect(createWorkerDetector({ ...options, signal, worker: scripted('') })).rejects.toMatchObject({
      code: 'aborted',
    })
    await expect(createWorkerDetector({ ...options, sizes: [] })).rejects.toMatchObject({ code: 'bad-argument' })
  })
})

test('a closed detector rejects what is pending and what comes', async () => {
  const pending = detector.read(pictures[0]!.file)
  await Promise.resolve()
  detector.close()
  await expect(pending).rejects.toMatchObject({ code: 'aborted' })
  await expect(detector.read(pictures[0]!.file)).rejects.toMatchObject({ code: 'aborted' })
  await expect(detector.memory()).rejects.toMatchObject({ code: 'aborted' })
})
