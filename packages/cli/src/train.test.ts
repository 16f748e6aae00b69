import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ready, writePng } from '@stablesig/backend-node'
import { noise } from '@stablesig/testing/networks'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stablesig } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-train-'))
const at = (...names: string[]) => join(folder, ...names)
let tensors = 0

beforeAll(async () => {
  await ready({ device: 'cpu' })
  mkdirSync(at('pictures'))
  for (const name of ['a', 'b'])
    await writePng(at('pictures', `${name}.png`), {
      ...{ name, width: 80, height: 72 },
      data: Uint8Array.from(noise(name, 80 * 72 * 3, 40), (value) => Math.max(0, Math.min(255, 128 + value))),
    })
  tensors = memory().numTensors
}, 60_000)
afterAll(() => {
  expect(memory().numTensors).toBe(tensors)
  rmSync(folder, { recursive: true })
})

/** A training that a signal stops after its first step; its checkpoint holds it. */
async function stoppedAfterOne(args: readonly string[]) {
  const controller = new AbortController()
  return stablesig(args, { signal: controller.signal, onErr: () => controller.abort() })
}

const args = (command: string, out: string, steps: string, size: string) => [
  ...[command, '--images', at('pictures'), '--steps', steps, '--size', size, '--batch', '1', '--every', '1'],
  ...['--log', at(`${out}.jsonl`), '--log-every', '1', '--out', at(`${out}.safetensors`)],
]

test('train-autoencoder gives the same file where it was stopped and repeated, and inspect knows it', async () => {
  const train = (out: string) => args('train-autoencoder', out, '2', '16')
  const whole = await stablesig(train('whole'))
  expect(whole).toMatchObject({ code: 0 })
  const stopped = await stoppedAfterOne(train('parts'))
  expect(stopped.code).not.toBe(0)
  expect(stopped.err).toMatch(/stopped after 1 of 2 steps; repeat the command to go on/)
  const resumed = await stablesig([...train('parts'), '--json'])
  expect(JSON.parse(resumed.out)).toMatchObject({ resumedAt: 1, steps: 2 })
  // Not toEqual, which takes a minute over megabytes.
  expect(readFileSync(at('parts.safetensors')).equals(readFileSync(at('whole.safetensors')))).toBe(true)
  const lines = readFileSync(at('whole.jsonl'), 'utf8').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).step)).toEqual([1, 2])
  expect((await stablesig(['inspect', at('whole.safetensors')])).out).toContain('tiny family')
}, 240_000)

test('pretrain writes a pair whose extractor is known', async () => {
  expect(await stablesig(args('pretrain', 'pair', '1', '64'))).toMatchObject({ code: 0 })
  const { out } = await stablesig(['inspect', at('pair.safetensors')])
  expect(out).toContain('an extractor of 48 bits, not whitened; light extractor names under extractor.')
  // Trained on, it has every bit in use from the first step.
  const on = [...args('pretrain', 'on', '1', '64'), '--json']
  const trained = await stablesig([...on, '--start', at('pair.safetensors')])
  expect(JSON.parse(trained.out)).toMatchObject({ used: 48 })
  const published = await stablesig([...on, '--start', at('pair.safetensors'), '--recipe', 'published'])
  expect(published).toMatchObject({ code: 2, err: expect.stringMatching(/--start is for --recipe light/) })
  const attenuated = await stablesig([...on, '--attenuate'])
  expect(attenuated).toMatchObject({ code: 2, err: expect.stringMatching(/--attenuate is for --recipe published/) })
  const short = await stablesig([...on, '--start', at('pair.safetensors'), '--bits', '8'])
  expect(short.err).toMatch(
    /pair.safetensors: tensor embedder.modulated.0.message.weight of \[128,8\] is expected, found \[128,48\]/,
  )
}, 240_000)

test('pretrain as published writes HiDDeN’s pair, whose extractor is known, and tells of each step', async () => {
  const published = [...args('pretrain', 'hidden', '1', '64'), '--recipe', 'published', '--bits', '8', '--json']
  const { code, out } = await stablesig(published)
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ steps: 1, recipe: 'published', bits: 8, used: 8, resumedAt: 0 })
  const [line = ''] = readFileSync(at('hidden.jsonl'), 'utf8').split('\n')
  expect(JSON.parse(line)).toMatchObject({ step: 1, gradientNorm: expect.any(Number), attacks: expect.any(Object) })
  expect((await stablesig(['inspect', at('hidden.safetensors')])).out).toContain('an extractor of 8 bits, not whitened')
}, 240_000)

test('a folder without pictures is told before anything is trained', async () => {
  mkdirSync(at('empty'))
  const args = ['train-autoencoder', '--images', at('empty'), '--steps', '1', '--out', at('none.safetensors')]
  expect(await stablesig(args)).toMatchObject({ code: 2, err: expect.stringMatching(/empty/) })
})
