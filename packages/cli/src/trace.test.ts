import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ready, writeFileAtomic, writePng } from '@stablesig/backend-node'
import { noise, tinyState } from '@stablesig/testing/networks'
import { type StateDict, streamSafetensors } from '@stablesig/weights'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stablesig } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-trace-'))
const at = (...names: string[]) => join(folder, ...names)
const tiny = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const
const halves = ['--encoder', at('encoder.safetensors'), '--decoder', at('decoder.safetensors')]
const calibration = at('calibration.json')
let tensors = 0

const save = async (path: string, state: StateDict) =>
  writeFileAtomic(path, (await streamSafetensors(state.tensors)).chunks())
const picture = (name: string, side: number) =>
  writePng(name, {
    ...{ name, width: side, height: side },
    data: Uint8Array.from(noise(name, side * side * 3, 40), (x) => Math.max(0, Math.min(255, 128 + x))),
  })

beforeAll(async () => {
  await ready({ device: 'cpu' })
  await save(at('encoder.safetensors'), tinyState('encoder', tiny))
  await save(at('decoder.safetensors'), tinyState('decoder', tiny))
  mkdirSync(at('photos'))
  for (let i = 0; i < 4; i++) await picture(at('photos', `${i}.png`), 32)
  await picture(at('large.png'), 128)
  tensors = memory().numTensors
})
afterAll(() => {
  expect(memory().numTensors).toBe(tensors)
  rmSync(folder, { recursive: true })
})

test('calibrate-tracer writes what trace decides by, and trace tells both p-values of each image', async () => {
  const learnt = await stablesig([
    ...['calibrate-tracer', ...halves, '--images', at('photos'), '--out', calibration, '--side', '32', '--json'],
    ...['--method', 'balanced', 'gradient-free', '--jpeg-quality', '90'],
  ])
  expect(learnt).toMatchObject({ code: 0, err: '' })
  const { sets } = JSON.parse(learnt.out)
  expect(sets).toHaveLength(4)
  expect(sets[0]).toMatchObject({
    format: 'png',
    method: 'balanced',
    width: 32,
    belonging: 4,
    foreign: { photographs: 4 },
  })

  const traced = await stablesig(['trace', ...halves, '--calibration', calibration, at('photos', '0.png'), '--json'])
  const said = JSON.parse(traced.out)
  expect(said).toMatchObject({ file: at('photos', '0.png'), method: 'balanced', offsets: 1, extrapolates: [] })
  expect(said.pForeign.p).toBeGreaterThan(0.01)
  expect(traced.code).toBe(1)
  const plain = await stablesig(['trace', ...halves, '--calibration', calibration, at('photos', '0.png')])
  expect(plain.out).toMatch(/\t(foreign|undecided)\tp-value foreign [\d.]+e[+-]\d+.*\tp-value belongs .*\tlikest \w/)
})

test('trace refuses what the calibration does not cover, and files that are none', async () => {
  const refused = await stablesig(['trace', ...halves, '--calibration', calibration, at('large.png')])
  expect(refused).toMatchObject({ code: 2, out: '' })
  expect(refused.err).toContain('does not cover the size')
  const allowed = await stablesig(['trace', ...halves, '--calibration', calibration, '--extrapolate', at('large.png')])
  expect(allowed.out).toContain('extrapolates size')
  writeFileSync(at('bad.json'), readFileSync(calibration, 'utf8').replace('"version":1', '"version":9'))
  const bad = await stablesig(['trace', ...halves, '--calibration', at('bad.json'), at('large.png')])
  expect(bad).toMatchObject({ code: 2 })
  expect(bad.err).toContain('expected version to be 1')
  const method = await stablesig([
    'trace',
    ...halves,
    '--calibration',
    calibration,
    '--method',
    'magic',
    at('large.png'),
  ])
  expect(method.err).toContain('unknown method: expected balanced')
})
