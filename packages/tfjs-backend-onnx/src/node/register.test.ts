import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, expect, test } from 'vitest'
import { OnnxBackend } from '../backend/backend.ts'
import { tryRuntime } from '../execution/try-runtime.ts'
import { registerNodeBackend, startNodeBackend } from './index.ts'
import { nodeRuntime } from './onnxruntime.ts'

const alreadyMade = expect.objectContaining({ code: 'no-engine', message: expect.stringContaining('removeBackend') })

async function sum(): Promise<number[]> {
  const y = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1))
  const values = [...(await y.data())]
  y.dispose()
  return values
}

function selected(): OnnxBackend {
  const backend = tf.backend()
  if (!(backend instanceof OnnxBackend)) throw new Error('another backend is selected')
  return backend
}

afterEach(() => {
  for (const name of ['onnx', 'other']) if (tf.findBackendFactory(name)) tf.removeBackend(name)
})

// The first test: importing happens once.
test('importing registers the backend, and loads it when it is selected', async () => {
  expect(tf.findBackendFactory('onnx')).toEqual(expect.any(Function))
  expect(tf.engine().registry).toEqual({})
  expect(await tf.setBackend('onnx')).toBe(true)
  expect(selected().runtime.name).toMatch(/^onnxruntime-node \d+\.\d+\.\d+ \(cpu\)$/)
  expect(await sum()).toEqual([2, 3])
})

test('options take the place of an earlier registration until a backend is made', async () => {
  const flushes: number[] = []
  registerNodeBackend()
  registerNodeBackend({ threads: 1, onFlush: ({ flush }) => flushes.push(flush) })
  await tf.setBackend('onnx')
  await sum()
  expect(flushes).toEqual([1])
  expect(() => registerNodeBackend({ threads: 2 })).toThrow(alreadyMade)
  await expect(startNodeBackend({ threads: 2 })).rejects.toEqual(alreadyMade)
  expect(await sum()).toEqual([2, 3])
})

test('a trace appends the report of each flush, and onFlush gets it too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-onnx-trace-'))
  const file = join(folder, 'trace.jsonl')
  const flushes: number[] = []
  const onFlush = ({ flush }: { flush: number }) => flushes.push(flush)
  const backend = await startNodeBackend({ name: 'other', threads: 1, trace: { file }, onFlush })
  expect(tf.backend()).toBe(backend)
  await sum()
  await sum()
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).flush)).toEqual([1, 2])
  expect(flushes).toEqual([1, 2])
  rmSync(folder, { recursive: true })
})

test('a device that does not start is an error, and what was registered before stays', async () => {
  registerNodeBackend({ threads: 1 })
  const before = tf.findBackendFactory('onnx')
  await expect(startNodeBackend({ device: 'webgpu' })).rejects.toThrow()
  expect(tf.findBackendFactory('onnx')).toBe(before)
  expect(await tf.setBackend('onnx')).toBe(true)
  expect(await sum()).toEqual([2, 3])
})

test('a device that starts copies a number, and one that does not is said not to', async () => {
  await tryRuntime(await nodeRuntime({ threads: 1 }))
  const name = 'a runtime (cuda)'
  const broken = { name, provider: 'cuda' as const, create: () => Promise.reject(new Error('no such library')) }
  await expect(tryRuntime(broken)).rejects.toMatchObject({
    code: 'no-engine',
    message: 'a runtime (cuda) does not start: no such library',
  })
})
