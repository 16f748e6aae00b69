import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { add, exp, setBackend, sin, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { registerOnnxBackend } from '../backend/register.ts'
import { nodeRuntime } from './onnxruntime.ts'
import { openTrace } from './trace.ts'

test('times by operator come at the end, for each flush', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-onnx-trace-'))
  const file = join(folder, 'trace.jsonl')
  const trace = openTrace({ file, operators: true })
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
