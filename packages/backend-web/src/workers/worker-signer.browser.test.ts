import { parseKey, randomKey } from '@stablesig/core'
import type { FinetuneProgress } from '@stablesig/core/training'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { models } from '../testing/whole.ts'
import { openWeightsInput } from '../weights/open-models.ts'
import { createWorkerSigner } from './create-worker-signer.ts'
import type { SigningLoadProgress } from './signer-messages.ts'
import type { WorkerSigner, WorkerSignerOptions, WorkerSignOptions } from './worker-signer.ts'

const autoencoder = `/@fs${models}/autoencoder-16.safetensors`
const worker = () => new Worker(new URL('./signer-worker.ts', import.meta.url), { type: 'module' })
const options: WorkerSignerOptions = {
  autoencoder,
  extractor: `/@fs${models}/extractor-48.safetensors`,
  engine: { device: 'wasm' },
  worker,
}

let signer: WorkerSigner
const loaded: SigningLoadProgress[] = []
beforeAll(async () => {
  signer = await createWorkerSigner({ ...options, onLoading: (progress) => loaded.push(progress) })
}, 120_000)
afterAll(() => signer?.close())

/** A square of stripes, at an angle that its number decides. */
function stripes(n: number, size: number): ImageData {
  const data = new Uint8ClampedArray(4 * size * size).fill(255)
  for (let at = 0; at < size * size; at++) {
    const [x, y] = [at % size, Math.floor(at / size)]
    for (let channel = 0; channel < 3; channel++)
      data[4 * at + channel] = 128 + 100 * Math.sin(0.2 * (x * Math.cos(n + channel) + y * Math.sin(n + channel)))
  }
  return new ImageData(data, size, size)
}

const key = randomKey(48, { seed: 'worker-signer' })
const images = [0, 1, 2].map((n) => stripes(n, 32))
const short: WorkerSignOptions = { key, images, size: 32, batchSize: 2, steps: 4, attacks: null, lambdaImage: 1 }
/** What a picture differs by from another, at most, in levels. */
const distance = (a: ImageData, b: ImageData) =>
  a.data.reduce((most, level, i) => Math.max(most, Math.abs(level - b.data[i]!)), 0)

test('says what it is, and how its weights came in', () => {
  expect(signer.extractor).toEqual({ bits: 48, whitened: true })
  expect(signer.engine).toMatchObject({ device: 'wasm' })
  expect(loaded.filter(({ loaded, total }) => loaded === total).map(({ model }) => model)).toContain('extractor')
  expect(loaded.at(-1)).toMatchObject({ model: 'extractor', loaded: 939_544 })
})

test('nothing is marked before a decoder has been signed', async () => {
  await expect(signer.mark(stripes(0, 32))).rejects.toMatchObject({ code: 'bad-argument' })
})

test('signs a decoder, shows how far it is, and gives the file with the decoder changed and nothing else', async () => {
  const before = await signer.memory()
  const steps: FinetuneProgress[] = []
  const evaluated: number[] = []
  const shown: number[] = []
  const { file, sha256, figures, report } = await signer.sign({
    ...short,
    earlyStopping: { minBitAccuracy: 1, evaluateEvery: 2, evaluateFrom: 2, maxSteps: 4 },
    preview: { images: 2, every: 2 },
    onStep: (step) => steps.push(step),
    onEvaluation: ({ step }) => evaluated.push(step),
    onPreview({ step, pictures }) {
      shown.push(step, pictures.length)
      for (const { unsigned, signed } of pictures) expect(distance(unsigned, signed)).toBeGreaterThan(0)
    },
  })
  expect(steps.map(({ step, total }) => [step, total])).toEqual([1, 2, 3, 4].map((step) => [step, 2 * 48]))
  expect(steps.at(-1)!.lossW).toBeLessThan(steps[0]!.lossW)
  expect([evaluated, shown]).toEqual([
    [2, 4],
    [2, 2, 4, 2],
  ])
  expect(figures).toMatchObject({ images: 3, size: 32, total: 3 * 48, bitAccuracy: figures.matches / (3 * 48) })
  expect(report).toMatchObject({ stepsDone: 4, lambdaImage: 1, recipe: { batchSize: 2, attacks: null } })

  const original = await (await fetch(autoencoder)).arrayBuffer()
  const bytes = new Uint8Array(await file.arrayBuffer())
  expect([bytes.length, sha256.length]).toEqual([original.byteLength, 64])
  const [was, is] = await Promise.all([openWeightsInput(new Blob([original])), openWeightsInput(file)])
  const changed = { encoder: 0, decoder: 0 }
  for (const [name, tensor] of is.tensors) {
    const [now, then] = await Promise.all([tensor.read(), was.tensors.get(name)!.read()])
    if (now.some((byte, i) => byte !== then[i])) changed[name.startsWith('decoder') ? 'decoder' : 'encoder']++
  }
  expect(changed.encoder).toBe(0)
  expect(changed.decoder).toBeGreaterThan(20)

  const marked = await signer.mark(stripes(3, 45), { maxSide: 40 })
  expect([marked.width, marked.height]).toEqual([40, 40])
  const square = await signer.mark(stripes(3, 45), { size: 32 })
  expect([square.width, square.height]).toEqual([32, 32])
  await expect(signer.mark(stripes(3, 45), { size: 32, maxSide: 40 })).rejects.toMatchObject({ code: 'bad-argument' })
  const after = await signer.memory()
  await signer.sign({ ...short, steps: 1 })
  expect(await signer.memory(), 'the decoder that was signed before is freed').toEqual(after)
  expect(after.tensors).toBeGreaterThan(before.tensors)
})

test('is given up between two steps, and then takes the next call', async () => {
  const before = await signer.memory()
  const controller = new AbortController()
  let steps = 0
  const run = signer.sign({
    ...short,
    steps: 500,
    signal: controller.signal,
    onStep({ step }) {
      steps = step
      controller.abort('enough')
    },
  })
  await expect(run).rejects.toMatchObject({ code: 'aborted', cause: 'enough' })
  expect(await signer.memory()).toEqual(before)
  expect(steps).toBeLessThan(5)
  const late = AbortSignal.abort()
  await expect(signer.sign({ ...short, signal: late })).rejects.toMatchObject({ code: 'aborted' })
})

test('what is wrong is an error of this library, with its code', async () => {
  await expect(signer.sign({ ...short, key: parseKey('0101') })).rejects.toMatchObject({ code: 'bad-key' })
  await expect(signer.sign({ ...short, size: 30 })).rejects.toMatchObject({ code: 'bad-argument' })
  const notes = new File(['no image at all'], 'notes.txt')
  await expect(signer.sign({ ...short, images: [notes] })).rejects.toEqual(
    expect.objectContaining({ code: 'bad-image', message: expect.stringMatching(/^notes\.txt: /) }),
  )
  await expect(signer.sign({ ...short, images: [] })).rejects.toMatchObject({ code: 'bad-argument' })
})

test('the page stays responsive while a decoder is signed: no task of 50 ms', async () => {
  const durations: number[] = []
  const observer = new PerformanceObserver((list) => {
    durations.push(...list.getEntries().map(({ duration }) => duration))
  })
  observer.observe({ type: 'longtask' })
  await signer.sign({ ...short, steps: 2 })
  await new Promise((resolve) => setTimeout(resolve, 50))
  observer.disconnect()
  expect(durations).toEqual([])
})

describe('a worker that does not open', () => {
  test('says why', async () => {
    await expect(createWorkerSigner({ ...options, extractor: new Blob(['no weights']) })).rejects.toMatchObject({
      code: 'bad-weights',
    })
    const script = 'throw new Error("no such module")'
    const broken = () => new Worker(URL.createObjectURL(new Blob([script])))
    await expect(createWorkerSigner({ ...options, worker: broken })).rejects.toMatchObject({ code: 'worker' })
  })
  test('is given up', async () => {
    const silent = () => new Worker(URL.createObjectURL(new Blob([''])))
    const signal = AbortSignal.timeout(10)
    await expect(createWorkerSigner({ ...options, signal, worker: silent })).rejects.toMatchObject({ code: 'aborted' })
  })
})

test('a closed signer rejects what is pending and what comes', async () => {
  const pending = signer.sign(short)
  await Promise.resolve()
  signer.close()
  await expect(pending).rejects.toMatchObject({ code: 'aborted' })
  await expect(signer.memory()).rejects.toMatchObject({ code: 'aborted' })
})
