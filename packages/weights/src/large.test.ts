import { pickle as p, SparseSource, safetensors, zip64 } from '@stablesig/testing/files'
import { describe, expect, test } from 'vitest'
import { readFloat32 } from './convert.ts'
import { openWeights } from './open.ts'
import { expectRefusal } from './testing.ts'

const GB = 2 ** 30
const floats = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)
const unet = GB + GB / 4

/** A checkpoint of five gigabytes and a few tensors behind them. */
const tree = p.dict(
  ['unet', p.tensor({ storage: p.storage('0', unet), shape: [5, GB / 4], stride: [GB / 4, 1] })],
  ['first_stage', p.tensor({ storage: p.storage('1', 6) })],
)
const checkpoint = (crc?: number) =>
  new SparseSource(
    zip64([
      { name: 'archive/data.pkl', data: p.pickle(tree) },
      { name: 'archive/data/0', data: 4 * unet },
      { name: 'archive/data/1', data: floats, ...(crc === undefined ? {} : { crc }) },
    ]),
  )

describe('of a file larger than memory only what is asked for is read', () => {
  test('torch zip, with zip64 offsets beyond 4 GiB', async () => {
    const source = checkpoint()
    const state = await openWeights(source, { tensorBytes: 8 * GB })
    expect(source.size).toBeGreaterThan(5 * GB)
    expect([...state.tensors].map(([name, { shape }]) => [name, shape])).toEqual([
      ['unet', [5, GB / 4]],
      ['first_stage', [2, 3]],
    ])
    const stage = state.tensors.get('first_stage')
    expect(stage && [...(await readFloat32(stage))]).toEqual([1, 2, 3, 4, 5, 6])
    expect(source.taken).toBeLessThan(200_000)
  })

  test('torch stream, whose storages follow one another', async () => {
    const head = [
      p.pickle([0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]),
      p.pickle(p.int(1001)),
      p.pickle(p.dict(['little_endian', p.TRUE])),
      p.pickle(tree),
      p.pickle(p.list(p.text('0'), p.text('1'))),
    ]
    const count = (n: number) => new Uint8Array(BigInt64Array.of(BigInt(n)).buffer)
    const source = new SparseSource([...head, count(unet), 4 * unet, count(6), floats])
    const state = await openWeights(source, { tensorBytes: 8 * GB })
    expect(await state.tensors.get('first_stage')?.read()).toEqual(floats)
    expect(source.taken).toBeLessThan(600_000)
  })

  test('its storages are checked all the same', async () => {
    const state = await openWeights(checkpoint(1), { tensorBytes: 8 * GB })
    await expectRefusal(state.tensors.get('first_stage')?.read() ?? Promise.resolve(), 'bad-weights', 'checksum')
  })

  test('safetensors', async () => {
    const header = {
      unet: { dtype: 'F32', shape: [unet], data_offsets: [0, 4 * unet] },
      first_stage: { dtype: 'F32', shape: [6], data_offsets: [4 * unet, 4 * unet + 24] },
    }
    const source = new SparseSource([safetensors(header), 4 * unet, floats])
    const state = await openWeights(source)
    expect(await state.tensors.get('first_stage')?.read()).toEqual(floats)
    expect(source.taken).toBeLessThan(1000)
  })
})
