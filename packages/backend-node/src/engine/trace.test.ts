import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registerOnnxBackend } from '@stablesig/tfjs-backend-onnx'
import { add, exp, setBackend, sin, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { expect, test, vi } from 'vitest'
import { nodeRuntime } from '../runtime/onnxruntime.ts'
import { ready } from './ready.ts'
import { traceFromEnvironment } from './trace.ts'

test('each flush appends a JSON line to the file that STABLESIG_TRACE names', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stablesig-trace-'))
  vi.stubEnv('STABLESIG_TRACE', join(folder, 'trace.jsonl'))
  await ready({ device: 'cpu', threads: 1 })
  vi.unstubAllEnvs()
  const x = tensor1d([1, 2])
  for (let i = 0; i < 2; i++) {
    const sum = add(x, 1)
    await sum.data()
    sum.dispose()
  }
  x.dispose()
  const lines = readFileSync(join(folder, 'trace.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ flush }) => flush)).toEqual([1, 2])
  expect(lines[0].compileReason).toEqual(expect.any(String))
  expect(lines[1].compileReason).toBeNull()
  rmSync(folder, { recursive: true })
})

test('times by operator come at the end, for each flush', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stablesig-trace-'))
  const file = join(folder, 'trace.jsonl')
  const trace = traceFromEnvironment({ STABLESIG_TRACE: file, STABLESIG_TRACE_OPERATORS: '1' })!
  const runtime = await nodeRuntime({ threads: 1, profile: trace.profile! })
  registerOnnxBackend(runtime, { name: 'onnx-profiled', onFlush: trace.onFlush })
  await setBackend('onnx-profiled')
  const x = tensor1d([1, 2, 3])
  for (const f of [exp, sin, exp]) {
    const y = tidy(() => add(f(x), x))
    await y.data()
    y.dispose()
  }
  x.dispose()
  runtime.endProfiling()
  trace.finish()
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const times = lines.filter((line) => 'operatorMs' in line)
  expect(times.map(({ flush }) => flush)).toEqual([1, 2, 3])
  expect(times.map(({ operatorMs }) => Object.keys(operatorMs).sort())).toEqual([
    ['Add', 'Exp'],
    ['Add', 'Sin'],
    ['Add', 'Exp'],
  ])
  expect(times[0].operatorMs.Exp).toBeGreaterThanOrEqual(0)
  expect(lines.slice(0, 3).map(({ operators }) => operators)).toContainEqual({ Add: 1, Exp: 1 })
  expect(existsSync(trace.profile!)).toBe(false)
  rmSync(folder, { recursive: true })
})

test('without it nothing is traced', () => {
  expect(traceFromEnvironment({ STABLESIG_TRACE: '' })).toBeUndefined()
})
