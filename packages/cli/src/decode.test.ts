import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readImage, ready, writeFileAtomic } from '@stablesig/backend-node'
import { noise, tinyState } from '@stablesig/testing/networks'
import { streamSafetensors, tensorData, writeSafetensors } from '@stablesig/weights'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stablesig } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-decode-'))
const at = (...names: string[]) => join(folder, ...names)
let tensors = 0

beforeAll(async () => {
  await ready({ device: 'cpu' })
  const state = tinyState('decoder', { width: 4, latentChannels: 4, pooled: true, spelling: 'taesd' })
  await writeFileAtomic(at('decoder.safetensors'), (await streamSafetensors(state.tensors)).chunks())
  const batch = tensorData(noise('latents', 2 * 4 * 3 * 5, 1), [2, 4, 3, 5])
  writeFileSync(at('batch.safetensors'), writeSafetensors({ latents: batch }))
  const one = tensorData(noise('latents', 4 * 3 * 5, 1), [4, 3, 5])
  writeFileSync(at('several.safetensors'), writeSafetensors({ first: one, second: one }))
  writeFileSync(at('sequence.safetensors'), writeSafetensors({ z: tensorData(noise('z', 6 * 16, 1), [1, 6, 16]) }))
  writeFileSync(at('sequences.safetensors'), writeSafetensors({ z: tensorData(noise('z', 2 * 4 * 16, 1), [2, 4, 16]) }))
  writeFileSync(at('one.npy'), npy(noise('latents', 4 * 3 * 5, 1), [4, 3, 5]))
  tensors = memory().numTensors
})
afterAll(() => {
  expect(memory().numTensors).toBe(tensors)
  rmSync(folder, { recursive: true })
})

/** What numpy.save writes of float32 values. */
function npy(values: Float32Array, shape: readonly number[]): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`
  const header = `${text.padEnd(117)}\n`
  const head = [0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0, ...Buffer.from(header)]
  return Buffer.concat([Buffer.from(head), Buffer.from(values.buffer)])
}

const decode = (...more: string[]) =>
  stablesig(['decode', '--decoder', at('decoder.safetensors'), '--out', at('out'), ...more])
const lines = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

test('decode writes an image of each latent, whatever file it is in', async () => {
  mkdirSync(at('out'))
  const { code, out, err } = await decode('--json', '--latents', at('batch.safetensors'), at('one.npy'))
  expect([code, err]).toEqual([0, ''])
  expect(lines(out)).toEqual([
    { file: at('batch.safetensors'), index: 0, out: at('out', 'batch.png'), width: 40, height: 24 },
    { file: at('batch.safetensors'), index: 1, out: at('out', 'batch-2.png'), width: 40, height: 24 },
    { file: at('one.npy'), index: 0, out: at('out', 'one.png'), width: 40, height: 24 },
  ])
  expect(readdirSync(at('out')).sort()).toEqual(['batch-2.png', 'batch.png', 'one.png'])
  // The same latent, one of a batch and on its own.
  expect((await readImage(at('out', 'one.png'))).data).toEqual((await readImage(at('out', 'batch.png'))).data)
})

test('decode takes ComfyUI’s latents for what their file says, marked or not, with no scale known', async () => {
  const values = noise('latents', 2 * 4 * 3 * 5, 1)
  const shape = [2, 4, 3, 5]
  const scaled = values.map((x) => x * 0.18215)
  const marker = tensorData(new Float32Array(0), [0])
  writeFileSync(
    at('marked.latent'),
    writeSafetensors({ latent_format_version_0: marker, latent_tensor: tensorData(values, shape) }),
  )
  writeFileSync(at('unmarked.latent'), writeSafetensors({ latent_tensor: tensorData(scaled, shape) }))
  writeFileSync(at('plain.safetensors'), writeSafetensors({ latents: tensorData(values, shape) }))
  mkdirSync(at('comfy'))
  const files = ['marked.latent', 'unmarked.latent'].map((name) => at(name))
  const { code, err } = await decode('--generator', 'sd1', '--latents', ...files, '--out', at('comfy'))
  expect([code, err]).toEqual([0, ''])
  await decode('--generator', 'sd1', '--unscaled', '--latents', at('plain.safetensors'), '--out', at('comfy'))
  expect(readdirSync(at('comfy'))).toHaveLength(6)
  for (const suffix of ['.png', '-2.png']) {
    const want = await readImage(at('comfy', `plain${suffix}`))
    expect((await readImage(at('comfy', `marked${suffix}`))).data).toEqual(want.data)
    const unmarked = await readImage(at('comfy', `unmarked${suffix}`))
    for (const [i, level] of want.data.entries()) expect(Math.abs(unmarked.data[i]! - level)).toBeLessThanOrEqual(1)
  }
})

test('decode says what it cannot know, and goes on with the next file', async () => {
  const { code, out } = await decode('--json', '--latents', at('several.safetensors'), at('none.npy'), at('one.npy'))
  expect(code).toBe(2)
  const [several, none, one] = lines(out)
  expect(several.error).toMatchObject({ code: 'bad-weights', message: expect.stringContaining('first [4,3,5]') })
  expect(none.error.code).toBe('io')
  expect(one.index).toBe(0)
  const within = await decode('--latents', folder)
  expect([within.code, within.err]).toEqual([2, expect.stringContaining('it is a folder; --latents takes files')])
  const named = await decode('--array', 'second', '--latents', at('several.safetensors'))
  expect([named.code, named.out]).toEqual([0, `${at('out', 'several.png')}\n`])
  const sequence = await decode('--latents', at('sequence.safetensors'))
  expect([sequence.code, sequence.err]).toEqual([2, expect.stringContaining('6 packed latents is not a square')])
  const sequences = await decode('--json', '--latents', at('sequences.safetensors'))
  expect(lines(sequences.out).map(({ index, width }) => [index, width])).toEqual([
    [0, 32],
    [1, 32],
  ])
  const sized = await decode('--height', '32', '--json', '--latents', at('sequence.safetensors'))
  expect(lines(sized.out)[0]).toMatchObject({ width: 48, height: 32 })
})

test.each([
  [['--latents', 'x'], /a decoder is needed/],
  [['--latents', 'x', '--decoder', 'a', '--autoencoder', 'b'], /give one of them/],
  [['--decoder', 'a'], /--latents/],
])('decode %j is refused with one line', async (more, message) => {
  const { code, out, err } = await stablesig(['decode', '--out', at('out'), ...more])
  expect([code, out]).toEqual([2, ''])
  expect(err).toMatch(message)
})
