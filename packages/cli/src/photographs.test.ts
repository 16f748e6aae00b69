import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ready, writePng } from '@stablesig/backend-node'
import { noise } from '@stablesig/testing/networks'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Io } from './io.ts'
import { heldOutPhotographs } from './photographs.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-photographs-'))
const at = (name: string) => join(folder, name)
let told = ''
const io: Io = {
  stdin: process.stdin,
  out: () => {},
  err: (text) => {
    told += text
  },
  env: {},
  signal: new AbortController().signal,
}

beforeAll(async () => {
  await ready({ device: 'cpu' })
  for (const name of ['a.png', 'b.png']) {
    const data = Uint8Array.from(noise(name, 48 * 40 * 3, 40), (x) => 128 + Math.max(-128, Math.min(127, x)))
    await writePng(at(name), { name, width: 48, height: 40, data })
  }
  writeFileSync(at('broken.png'), 'no picture')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('held-out photographs are decoded once, at the size that is judged; what cannot be read is told of and left out', async () => {
  const before = memory().numTensors
  const set = await heldOutPhotographs([at('a.png'), at('broken.png'), at('b.png')], {}, 32, io)
  expect(memory().numTensors).toBe(before)
  expect(set.paths).toEqual([at('a.png'), at('b.png')])
  expect(told).toMatch(/^stablesig: .*broken\.png.*\n$/)
  const other = await set.read(1, 16)
  expect(other.shape).toEqual([1, 16, 16, 3])
  rmSync(at('b.png'))
  const [first, again] = [await set.read(1, 32), await set.read(1, 32)]
  expect(first.shape).toEqual([1, 32, 32, 3])
  expect(await again.data()).toEqual(await first.data())
  await expect(set.read(1, 16)).rejects.toMatchObject({ code: 'io' })
  for (const image of [other, first, again]) image.dispose()
  expect(memory().numTensors).toBe(before)
})
