import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ready, writeFileAtomic, writePng } from '@stablesig/backend-node'
import { extractorState, noise, tinyState } from '@stablesig/testing/networks'
import { type StateDict, streamSafetensors } from '@stablesig/weights'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stablesig } from './testing.ts'

/* sign --memory, --accumulate, --gradient-checkpointing: how a step is kept within memory. */

const folder = mkdtempSync(join(tmpdir(), 'stablesig-sign-memory-'))
const at = (name: string) => join(folder, name)
const save = async (name: string, { tensors }: StateDict) =>
  writeFileAtomic(at(name), (await streamSafetensors(tensors)).chunks())
let tensors = 0
let whole: Awaited<ReturnType<typeof signed>>

beforeAll(async () => {
  await ready({ device: 'cpu' })
  const tiny = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const
  await save('extractor', extractorState({ bits: 8, channels: 4, blocks: 1 }))
  for (const part of ['encoder', 'decoder'] as const) await save(part, tinyState(part, tiny))
  mkdirSync(at('photos'))
  for (let i = 0; i < 4; i++) {
    const data = Uint8Array.from(noise(`${i}`, 32 * 32 * 3, 40), (x) => Math.max(0, Math.min(255, 128 + x)))
    await writePng(join(at('photos'), `${i}.png`), { name: `${i}`, width: 32, height: 32, data })
  }
  whole = await signed()
  tensors = memory().numTensors
})
afterAll(() => {
  expect(memory().numTensors).toBe(tensors)
  rmSync(folder, { recursive: true })
})

const sign = (...more: string[]) =>
  stablesig([
    ...['sign', '--encoder', at('encoder'), '--decoder', at('decoder'), '--extractor', at('extractor')],
    ...['--images', at('photos'), '--held-out', '0', '--key', '10110010', '--out', at('signed.safetensors')],
    ...['--size', '16', '--steps', '2', '--batch', '2', ...more],
  ])
/** What was done, and the loss of each step. */
async function signed(...more: string[]) {
  const { code, out, err } = await sign(...more)
  expect(code).toBe(0)
  return {
    done: /^training +(.*)$/m.exec(out)?.[1],
    losses: [...err.matchAll(/loss ([\d.]+)/g)].map(([, x]) => Number(x)),
  }
}

test.each<[options: string, done: string]>([
  ['--accumulate 2', ', in 2 parts'],
  ['--gradient-checkpointing', ', blocks computed twice'],
  ['--gradient-checkpointing --accumulate 2', ', in 2 parts, blocks computed twice'],
  // A part of one image at 16 px takes more than a kilobyte however it is computed: the least that can be had is taken.
  ['--memory 1e-6', ', in 2 parts, blocks computed twice'],
  // Said, the number of parts is kept to.
  ['--memory 1e-6 --accumulate 1', ', blocks computed twice'],
  ['--memory 8', ''],
])('sign %s says how a step was taken; losses are those of a whole step', async (options, done) => {
  const other = await signed(...options.split(' '))
  expect(whole.done).toBe('2 steps of 2 images at 16 px')
  expect(other.done).toBe(whole.done + done)
  expect(other.losses.length).toBe(2)
  for (const [i, loss] of other.losses.entries()) expect(loss).toBeCloseTo(whole.losses[i] ?? Number.NaN, 3)
})

test('--json has what was asked for and what was chosen', async () => {
  const { out } = await sign('--memory', '1e-6', '--json')
  expect(JSON.parse(out)).toMatchObject({ batchSize: 2, accumulate: 2, gradientCheckpointing: true })
})

describe('what is none of its kind is refused in one line that names the option', () => {
  test.each<[options: string, message: RegExp]>([
    ['--memory 0', /'--memory <GiB>' argument '0' is invalid\. It must be above 0/],
    ['--memory -1', /--memory.*above 0/],
    ['--memory much', /--memory.*not a number/],
    ['--accumulate 0', /--accumulate.*whole number from 1/],
    ['--accumulate 1.5', /--accumulate.*whole number/],
    [
      '--accumulate 3',
      /--accumulate 3 does not cut a step's 2 images into equal parts; take a divisor of 2, or another --batch/,
    ],
    ['--accumulate 4', /--accumulate 4 does not cut/],
    ['--gradient-checkpointing yes', /too many arguments/],
  ])('%s', async (options, message) => {
    const { code, out, err } = await sign(...options.split(' '))
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^stablesig: .*\n$/)
    expect(err).toMatch(message)
  })
})
