import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UnitImages } from '@stablesig/core'
import * as transforms from '@stablesig/core/transforms'
import { fill } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ready } from './ready.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-transforms-'))
const trace = join(folder, 'trace.jsonl')
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  vi.stubEnv('STABLESIG_TRACE', trace)
  await ready({ device: 'cpu', threads: 1 })
  vi.unstubAllEnvs()
})

test.each([
  ['brightness:1.5', 'brightness:2'],
  ['contrast:0.7', 'contrast:2'],
  ['saturation:0', 'saturation:3'],
  ['sharpness:0.5', 'sharpness:2'],
  ['hue:0.1', 'hue:-0.3'],
  ['gamma:0.5', 'gamma:2'],
  ['rotate:10', 'rotate:-33'],
  ['perspective:0.1', 'perspective:0.4'],
  ['blur:1.8', 'blur:1.9'],
  ['noise:0.1', 'noise:0.2,seed=7'],
  ['text:one,opacity=0.4', 'text:another,opacity=0.9'],
  ['jpeg:80', 'jpeg:50'],
])('what is compiled for %s serves %s: they differ in values alone', async (first, second) => {
  const images = fill([1, 32, 48, 3], 0.4) as UnitImages
  for (const spelling of [first, second]) {
    const made = transforms.applyDifferentiable(images, transforms.parseTransforms(spelling))
    await made.data()
    made.dispose()
  }
  images.dispose()
  const last = readFileSync(trace, 'utf8').trim().split('\n').at(-1) ?? ''
  expect(JSON.parse(last).compileReason).toBeNull()
})
