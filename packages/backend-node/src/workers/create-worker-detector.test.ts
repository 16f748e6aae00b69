import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { decide, keyFromBits, parseKey, Registry } from '@stablesig/core'
import { decideBest, readLogits } from '@stablesig/core/detection'
import { readBits } from '@stablesig/core/metrics'
import { toUnitImages } from '@stablesig/images'
import { extractorState } from '@stablesig/testing/networks'
import { type TensorData, writeSafetensors } from '@stablesig/weights'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ready } from '../engine/ready.ts'
import { readImage } from '../images/read-image.ts'
import { openExtractor } from '../models/open-models.ts'
import { createWorkerDetector } from './create-worker-detector.ts'
import { bundled } from './testing.ts'
import type { WorkerDetector, WorkerDetectorOptions } from './worker-detector.ts'

const extractor = fileURLToPath(
  new URL('../../../../goldens/fixtures/finetune/small-square-extractor.safetensors', import.meta.url),
)
const key = parseKey('1010011010010110')
const folder = mkdtempSync(join(tmpdir(), 'stablesig-worker-'))
const picture = join(folder, 'picture.png')
const large = join(folder, 'large.png')
const strip = join(folder, 'strip.png')
const engine = { device: 'cpu', threads: 1 } as const
let workerFile = ''
const open: WorkerDetector[] = []

async function detector(options: Partial<WorkerDetectorOptions> = {}): Promise<WorkerDetector> {
  const made = await createWorkerDetector({ extractor, key, fpr: 1e-3, engine, workerFile, ...options })
  open.push(made)
  return made
}

async function draw(path: string, width: number, height: number): Promise<void> {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => 128 + 100 * Math.sin(i / 7) * Math.cos(i / 811),
  )
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toFile(path)
}

beforeAll(async () => {
  await Promise.all([draw(picture, 96, 80), draw(large, 1600, 1200), draw(strip, 700, 50)])
  workerFile = await bundled('detector-worker', 'worker-detector-test')
})
afterAll(async () => {
  for (const one of open) await one.close()
  rmSync(folder, { recursive: true })
})
const code = (expected: string, message = /./) =>
  expect.objectContaining({ name: 'StableSigError', code: expected, message: expect.stringMatching(message) })

/** What the image reads as in this thread, its longer side made `maxSide`. */
async function readHere(path: string, maxSide = Infinity): Promise<Float32Array> {
  await ready(engine)
  const here = await openExtractor(extractor)
  const image = toUnitImages([await readImage(path, { maxSide })])
  const [outcome] = await readLogits(image, { extractor: here })
  image.dispose()
  here.dispose()
  if (!outcome?.ok) throw new Error('this picture can be decided on')
  return outcome.value
}

test('decides as this thread does, from a file or its bytes, and leaves both as they were', async () => {
  const logits = await readHere(picture)
  const keys = [parseKey('0000000000000000'), keyFromBits(readBits(logits))]
  const registry = new Registry(16)
  const there = await detector({ keys, registry })
  expect(there.extractor).toEqual({ bits: 16, whitened: true })
  const bytes = readFileSync(picture)
  const decided = decide(logits, { key, fpr: 1e-3 })
  const expected = { ...decided, whitened: true, reading: 0, readings: 1, width: 96, height: 80 }
  expect(await there.detect(picture)).toEqual(expected)
  expect(await there.detect(bytes)).toEqual(expected)
  // What was read is there, and not enumerable.
  expect((await there.detect(picture)).bits).toBe(decided.bits)
  expect(bytes.equals(readFileSync(picture))).toBe(true)
  expect(await there.read(picture)).toEqual([{ width: 96, height: 80, logits }])
  expect((await there.detectKeys(picture)).map(({ detected }) => detected)).toEqual([false, true])
  registry.add('added later', keys[1]!)
  expect(await there.identify(picture)).toMatchObject({ user: 'added later', matches: 16, width: 96 })
})

test('a large image is read at several sizes, and the best reading decides', async () => {
  const there = await detector({ sizes: [512, 128, 256], fpr: 0.01 })
  const sizes = [128, 256, 512]
  const rows = await Promise.all(sizes.map((size) => readHere(large, size)))
  const readings = await there.read(large)
  expect(readings.map(({ width, height }) => [width, height])).toEqual(sizes.map((side) => [side, (side * 3) / 4]))
  for (const [i, { logits }] of readings.entries())
    for (const [bit, value] of logits.entries()) expect(value).toBeCloseTo(rows[i]![bit]!, 4)
  const { reading, readings: count, pValue, width } = await there.detect(large)
  const expected = decideBest(rows, { key, fpr: 0.01 })
  expect([reading, count, pValue]).toEqual([expected.reading, 3, expected.pValue])
  expect(width).toBe(sizes[reading])
})

test('by default 256, 512 and 1024 px; a strip that is too narrow at some is decided at the others', async () => {
  const there = await detector({ key: parseKey('1010011010010110') })
  const widths = async (path: string) => (await there.read(path)).map(({ width }) => width)
  expect(await widths(large)).toEqual([256, 512, 1024])
  expect(await widths(strip)).toEqual([512, 700])
})

test('an extractor that is not whitened decides where consent is given, and its decisions say so', async () => {
  const plain = join(folder, 'plain.safetensors')
  const { bits, channels, blocks } = { bits: 16, channels: 4, blocks: 2 }
  const state = extractorState({ bits, channels, blocks, whiten: false })
  const tensors = new Map<string, TensorData>()
  for (const [name, { dtype, shape, read }] of state.tensors) tensors.set(name, { dtype, shape, data: await read() })
  writeFileSync(plain, writeSafetensors(Object.fromEntries(tensors)))
  await expect(detector({ extractor: plain })).rejects.toEqual(code('not-whitened', /allowUnwhitened/))
  const there = await detector({ extractor: plain, allowUnwhitened: true })
  expect(await there.detect(picture)).toMatchObject({ whitened: false, total: bits })
})

test('what cannot be decided is a typed error that leaves no tensor', async () => {
  const there = await detector()
  await there.detect(picture)
  const before = await there.memory()
  await expect(there.detect(join(folder, 'none.png'))).rejects.toEqual(code('io', /none\.png/))
  await expect(there.detect(Buffer.from('text'), { name: 'upload 7' })).rejects.toEqual(code('bad-image', /upload 7/))
  const plain = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  await expect(there.detect(plain)).rejects.toEqual(code('no-decision', /one plain colour/))
  expect(await there.memory()).toEqual(before)
})

test('the event loop turns while an image is read', async () => {
  const there = await detector({ sizes: [Infinity] })
  let turns = 0
  let longest = 0
  let last = performance.now()
  const began = last
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    turns++
  }, 2)
  await there.detect(large)
  clearInterval(timer)
  const took = performance.now() - began
  expect(turns).toBeGreaterThan(10)
  expect(longest).toBeLessThan(Math.max(50, took / 2))
})

test('beyond maxPending a call is rejected as busy, and an image that waits can be given up', async () => {
  const there = await detector({ maxPending: 2 })
  const giveUp = new AbortController()
  const [first, second] = [there.detect(large), there.detect(picture, { signal: giveUp.signal })]
  expect(there.pending).toBe(2)
  await expect(there.detect(picture)).rejects.toEqual(code('busy', /maxPending/))
  giveUp.abort()
  await expect(second).rejects.toEqual(code('aborted'))
  await expect(first).resolves.toMatchObject({ total: 16 })
  await expect(there.detect(picture)).resolves.toMatchObject({ total: 16 })
})

test('an image that is being read is stopped between two tiles, and the next is read', async () => {
  const there = await detector({ sizes: [Infinity], memoryBytes: 2 ** 20 })
  const giveUp = new AbortController()
  const began = performance.now()
  await there.read(large)
  const whole = performance.now() - began
  const before = await there.memory()
  const stopped = there.detect(large, { signal: giveUp.signal })
  setTimeout(() => giveUp.abort('too slow'), whole / 10)
  await expect(stopped).rejects.toMatchObject({ code: 'aborted', cause: 'too slow' })
  const again = performance.now()
  await there.detect(picture)
  expect(performance.now() - again).toBeLessThan(whole * 0.8)
  expect(await there.memory()).toEqual(before)
})

test('a crash rejects what is pending; the next image starts a new worker', async () => {
  const crashing = join(dirname(workerFile), 'crashing-worker.mjs')
  writeFileSync(
    crashing,
    `import { parentPort } from 'node:worker_threads'
parentPort.on('message', ({ image }) => {
  if (image === 'crash') throw new Error('out of order')
})
await import('./detector-worker.mjs')
`,
  )
  const there = await detector({ workerFile: crashing })
  const expected = await there.detect(picture)
  const pending = [there.detect('crash'), there.detect(picture), there.memory()]
  for (const { reason } of (await Promise.allSettled(pending)) as { reason?: unknown }[])
    expect(reason).toEqual(code('worker', /crashed: out of order/))
  expect(there.pending).toBe(0)
  expect(await there.detect(picture)).toEqual(expected)
})

test('closing lets pending images end, or stops them; afterwards none is taken', async () => {
  const draining = await detector()
  const [first, second] = [draining.detect(large), draining.detect(picture)]
  await draining.close()
  expect((await Promise.all([first, second])).map(({ total }) => total)).toEqual([16, 16])
  await expect(draining.detect(picture)).rejects.toEqual(code('aborted', /closed/))

  const stopping = await detector({ sizes: [Infinity], memoryBytes: 2 ** 20 })
  const pending = Promise.allSettled([stopping.detect(large), stopping.detect(picture)])
  await stopping.close({ drain: false })
  expect(await pending).toEqual([
    { status: 'rejected', reason: code('aborted') },
    { status: 'rejected', reason: code('aborted') },
  ])
})

test('what is wrong with the request is said when the detector is made', async () => {
  await expect(detector({ extractor: join(folder, 'none.pt') })).rejects.toEqual(code('io', /none\.pt/))
  await expect(detector({ key: parseKey('01') })).rejects.toEqual(code('bad-key'))
  await expect(detector({ fpr: 1e-9 })).rejects.toEqual(code('unattainable'))
  await expect(detector({ registry: new Registry(48) })).rejects.toEqual(code('bad-registry'))
  await expect(detector({ sizes: [] })).rejects.toEqual(code('bad-argument', /sizes/))
  await expect(detector({ sizes: [0.5] })).rejects.toEqual(code('bad-argument', /maxSide/))
  await expect(detector({ maxPending: 0 })).rejects.toEqual(code('bad-argument', /maxPending/))
  await expect(detector({ workerFile: join(folder, 'none.mjs') })).rejects.toEqual(code('io', /workerFile/))
  const keyless = await createWorkerDetector({ extractor, engine, workerFile })
  await expect(keyless.detect(picture)).rejects.toEqual(code('bad-argument', /needs key/))
  await expect(keyless.identify(picture)).rejects.toEqual(code('bad-argument', /needs registry/))
  const [reading] = await keyless.read(picture)
  expect(decide(reading!.logits, { key, fpr: 1e-3 }).total).toBe(16)
  await keyless.close()
})

/**
 * A process that has images read without end and after some milliseconds does something: its exit code, or the signal that ended
 * it. Most of the time the worker is inside a run of the engine.
 */
function processThat(act: string, module: string, milliseconds: number): Promise<number | NodeJS.Signals | null> {
  const options = { extractor, engine, workerFile, sizes: [1600], memoryBytes: 2 ** 31, maxPending: 1000 }
  const program = `import { createWorkerDetector } from ${JSON.stringify(pathToFileURL(module).href)}
const detector = await createWorkerDetector(${JSON.stringify(options)})
for (let i = 0; i < 1000; i++) detector.read(${JSON.stringify(large)}).catch(() => {})
await new Promise((resolve) => setTimeout(resolve, ${milliseconds}))
${act}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' })
  return new Promise((resolve) => child.on('close', (status, signal) => resolve(signal ?? status)))
}

test('a process that exits, or ends by an error, while an image is read is not aborted', {
  timeout: 180_000,
}, async () => {
  const module = await bundled('create-worker-detector', 'worker-detector-test')
  // Two at a time: each takes a gigabyte.
  const exits = (delay: number) => processThat('process.exit(3)', module, delay)
  expect(await Promise.all([exits(700), exits(1100)])).toEqual([3, 3])
  expect(await Promise.all([exits(1500), processThat("throw new Error('not caught')", module, 1000)])).toEqual([3, 1])
  expect(await processThat('await detector.close({ drain: false })', module, 1000)).toBe(0)
})

test('an idle worker does not keep the process alive', async () => {
  const module = await bundled('create-worker-detector', 'worker-detector-test')
  const program = `import { createWorkerDetector } from ${JSON.stringify(pathToFileURL(module).href)}
const detector = await createWorkerDetector(${JSON.stringify({ extractor, engine, workerFile })})
await detector.read(${JSON.stringify(picture)})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' })
  expect(await new Promise((resolve) => child.on('close', (status, signal) => resolve(signal ?? status)))).toBe(0)
})
