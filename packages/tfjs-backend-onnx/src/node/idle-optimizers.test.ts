import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mul, setBackend, sigmoid, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { registerOnnxBackend } from '../backend/register.ts'
import { idleOptimizers } from './idle-optimizers.ts'
import { nodeRuntime } from './onnxruntime.ts'
import { operatorTimes } from './profile.ts'

test('the runtime leaves out the optimisers that are named: what one of them would make is not made', async () => {
  expect(idleOptimizers.split(';')).toContain('QuickGeluFusion')
  const profile = mkdtempSync(join(tmpdir(), 'tfjs-onnx-idle-'))
  const runtime = await nodeRuntime({ threads: 1, profile })
  registerOnnxBackend(runtime, { name: 'onnx-idle', passes: [] })
  await setBackend('onnx-idle')
  const x = tensor1d([1, 2, 3])
  const y = tidy(() => mul(x, sigmoid(mul(x, 1.702))))
  await y.data()
  y.dispose()
  x.dispose()
  runtime.endProfiling()
  const runs = readdirSync(profile).flatMap((name) => operatorTimes(readFileSync(join(profile, name), 'utf8')))
  const operators = runs.flatMap((run) => Object.keys(run))
  expect(operators).toContain('Sigmoid')
  expect(operators).not.toContain('QuickGelu')
  rmSync(profile, { recursive: true })
})
