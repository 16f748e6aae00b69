import { SparseSource, safetensors } from '@stablesig/testing/files'
import { describe, expect, test } from 'vitest'
import { memorySource } from './byte-source.ts'
import { fromFloat32 } from './convert.ts'
import { openWeights } from './open.ts'
import { replaceTensors, storeLike } from './replace.ts'
import { rewriteSafetensors } from './rewrite.ts'
import { expectRefusal } from './testing.ts'
import { convertToSafetensors, type FileContents, type TensorData, writeSafetensors } from './writer.ts'

async function bytesOf({ chunks }: FileContents): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks()) parts.push(chunk)
  return new Uint8Array(Buffer.concat(parts))
}

/** A header as others write them: names in an order of their own, metadata last, padded. */
const header = `${JSON.stringify({
  z: { dtype: 'F16', shape: [2, 1], data_offsets: [0, 4] },
  b: { dtype: 'F32', shape: [1], data_offsets: [8, 12] },
  __proto__x: { data_offsets: [12, 15], shape: [3], dtype: 'U8' },
  a: { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
  __metadata__: { format: 'pt', note: 'ü' },
})}      `
const data = Uint8Array.from({ length: 15 }, (_, i) => 200 + i)
const file = safetensors(header, data)
const source = memorySource('other.safetensors', file)
const replaced = (name: string, tensor: TensorData) => new Map([[name, tensor]])
const half = { dtype: 'float16', shape: [2, 1], data: Uint8Array.of(1, 2, 3, 4) } as const

describe('rewriteSafetensors', () => {
  test('changes the bytes of what is replaced and no other', async () => {
    const b = { dtype: 'float32', shape: [1], data: Uint8Array.of(5, 6, 7, 8) } as const
    const made = await rewriteSafetensors(
      source,
      new Map<string, TensorData>([
        ['b', b],
        ['z', half],
      ]),
    )
    const expected = file.slice()
    expected.set(half.data, file.length - 15)
    expected.set(b.data, file.length - 7)
    expect(await bytesOf(made)).toEqual(expected)
    expect(made.size).toBe(file.length)
    expect(await bytesOf(made)).toEqual(expected)
  })

  test('of nothing is the file itself', async () => {
    expect(await bytesOf(await rewriteSafetensors(source, new Map()))).toEqual(file)
  })

  test('copies a file larger than memory in pieces', async () => {
    const GB = 2 ** 30
    const entries = {
      unet: { dtype: 'F32', shape: [GB], data_offsets: [0, 4 * GB] },
      stage: { dtype: 'F32', shape: [1], data_offsets: [4 * GB, 4 * GB + 4] },
    }
    const large = new SparseSource([safetensors(entries), 4 * GB, Uint8Array.of(1, 2, 3, 4)])
    const stage = { dtype: 'float32', shape: [1], data: Uint8Array.of(9, 8, 7, 6) } as const
    const { size, chunks } = await rewriteSafetensors(large, replaced('stage', stage))
    expect(size).toBe(large.size)
    expect(large.taken).toBeLessThan(1000)
    let count = 0
    for await (const chunk of chunks()) {
      expect(chunk.length).toBeLessThanOrEqual(2 ** 24)
      if (++count === 3) break
    }
    expect(large.taken).toBeLessThan(2 ** 26)
  })

  test.each([
    ['none', half, 'none of that name'],
    ['a', half, 'it is float32 [1] there, float16 [2, 1] was given'],
    ['z', { ...half, shape: [1, 2] }, 'it is float16 [2, 1] there, float16 [1, 2] was given'],
    ['z', { ...half, data: half.data.subarray(1) }, '4 bytes, 3'],
  ] as const)('refuses to replace %s by what it is not', async (name, tensor, words) => {
    await expectRefusal(rewriteSafetensors(source, replaced(name, tensor)), 'bad-argument', name, words)
  })

  test('refuses a file of another kind', async () => {
    const npy = memorySource('x.npy', new TextEncoder().encode(`\x93`))
    await expectRefusal(rewriteSafetensors(npy, new Map()), 'bad-weights', 'x.npy')
  })
})

test('replaceTensors keeps the order of the file and reads what stays from it', async () => {
  const state = await openWeights(source)
  const tensors = replaceTensors(state, replaced('z', half))
  expect([...tensors.keys()]).toEqual([...state.tensors.keys()])
  expect(await tensors.get('z')?.read()).toEqual(half.data)
  expect(await tensors.get('a')?.read()).toEqual(data.subarray(4, 8))
})

test('convertToSafetensors keeps order and metadata, larger elements first, and adds nothing', async () => {
  const state = await openWeights(source)
  const again = await openWeights(memorySource('c', await bytesOf(convertToSafetensors(state.tensors, state.metadata))))
  expect([...again.tensors.keys()]).toEqual(['b', 'a', 'z', '__proto__x'])
  expect(again.metadata).toEqual(state.metadata)
  for (const [name, tensor] of again.tensors) expect(await tensor.read()).toEqual(await state.tensors.get(name)?.read())
})

describe('storeLike', () => {
  const values = Float32Array.of(1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, -0)
  test('rounds to the nearest, ties to even', () => {
    expect(storeLike(values, 'float16', new Uint8Array(8))).toEqual(
      fromFloat32(Float32Array.of(1, 1, 1 + 2 ** -9, -0), 'float16'),
    )
    const wide = Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8)
    expect(storeLike(wide, 'bfloat16', new Uint8Array(4))).toEqual(
      fromFloat32(Float32Array.of(1, 1 + 2 ** -6), 'bfloat16'),
    )
  })

  test('keeps the bytes of what did not change, in dtypes that float32 does not hold as well', () => {
    const doubles = new Uint8Array(Float64Array.of(Math.PI, 1e-300, 2).buffer)
    expect(storeLike(Float32Array.of(Math.PI, 0, 2), 'float64', doubles)).toBe(doubles)
    const changed = storeLike(Float32Array.of(Math.PI, 0, 3), 'float64', doubles)
    expect([...new Float64Array(changed.buffer)]).toEqual([Math.PI, 1e-300, 3])
    const eighths = Uint8Array.of(0x38, 0x40)
    expect(storeLike(Float32Array.of(1, 2), 'float8_e4m3fn', eighths)).toBe(eighths)
  })

  test.each([
    ['float8_e4m3fn', [3, 2], 'unsupported'],
    ['float16', [1e5], 'not-finite'],
    ['float32', [1, 2, 3], 'shape'],
  ] as const)('refuses %s of %j', (dtype, given, code) => {
    const before = new Uint8Array(dtype === 'float32' ? 8 : 2)
    expect(() => storeLike(Float32Array.from(given), dtype, before, 'conv')).toThrow(expect.objectContaining({ code }))
  })

  test('refuses values that are no numbers whatever the dtype', () => {
    const nan = Float32Array.of(Number.NaN)
    expect(() => storeLike(nan, 'float32', new Uint8Array(4))).toThrow(expect.objectContaining({ code: 'not-finite' }))
  })
})

test('a rewritten file of this library keeps what its card says of the data, which is then no longer so', async () => {
  const own = writeSafetensors({ z: half })
  const other = { ...half, data: Uint8Array.of(9, 9, 9, 9) }
  const state = await openWeights(
    memorySource('o', await bytesOf(await rewriteSafetensors(memorySource('own', own), replaced('z', other)))),
  )
  expect(state.metadata.sha256).toBe((await openWeights(memorySource('own', own))).metadata.sha256)
})
