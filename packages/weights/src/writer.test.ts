import { describe, expect, test } from 'vitest'
import { memorySource } from './byte-source.ts'
import { readFloat32 } from './convert.ts'
import { DTYPE_BYTES, SAFETENSORS_DTYPES } from './dtype.ts'
import { openWeights } from './open.ts'
import type { DType } from './state-dict.ts'
import { expectRefusal } from './testing.ts'
import { verifySafetensors } from './verify.ts'
import { streamSafetensors, type TensorData, tensorData, writeSafetensors } from './writer.ts'

const open = (bytes: Uint8Array) => openWeights(memorySource('written.safetensors', bytes))

/** One tensor of every dtype, with bytes that are all different. */
const every = Object.fromEntries(
  Object.entries(DTYPE_BYTES).map(([dtype, size], i): [string, TensorData] => [
    `a.${dtype}`,
    {
      dtype: dtype as DType,
      shape: [3, 1],
      data: Uint8Array.from({ length: 3 * size }, (_, at) => (i * 31 + at) & 255),
    },
  ]),
)

async function concatenated(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const bytes: number[] = []
  for await (const chunk of chunks) bytes.push(...chunk)
  return Uint8Array.from(bytes)
}

describe('writeSafetensors', () => {
  test('brings every dtype, shape and card back bit by bit', async () => {
    const tensors = {
      ...every,
      scalar: tensorData(Float32Array.of(-0), []),
      none: tensorData(new Float32Array(), [0, 4]),
    }
    const state = await open(writeSafetensors(tensors, { note: 'ünï "quoted"\n', __proto__x: '1' }))
    expect(state.format).toBe('safetensors')
    expect(state.metadata).toMatchObject({ note: 'ünï "quoted"\n', __proto__x: '1' })
    expect([...state.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort())
    for (const [name, tensor] of Object.entries(tensors)) {
      const found = state.tensors.get(name)
      expect(found).toMatchObject({ dtype: tensor.dtype, shape: tensor.shape })
      expect(await found?.read()).toEqual(tensor.data)
    }
  })

  test('gives the same bytes whatever the order of the tensors', () => {
    const turned = Object.fromEntries(Object.entries(every).reverse())
    expect(writeSafetensors(turned, { b: '2', a: '1' })).toEqual(writeSafetensors(every, { a: '1', b: '2' }))
  })

  test('aligns the data section to 8 bytes and each tensor to its elements', () => {
    const file = writeSafetensors({ ...every, xxx: tensorData(Float32Array.of(1), [1]) })
    const length = Number(new DataView(file.buffer).getBigUint64(0, true))
    expect(length % 8).toBe(0)
    const header: unknown = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)))
    for (const { dtype, data_offsets } of Object.values(
      header as Record<string, { dtype?: string; data_offsets: number[] }>,
    )) {
      const known = dtype && SAFETENSORS_DTYPES.get(dtype)
      if (known) expect((data_offsets[0] ?? 1) % DTYPE_BYTES[known]).toBe(0)
    }
  })

  test('rounds to half precision when asked to', async () => {
    const state = await open(
      writeSafetensors({ half: tensorData(Float32Array.of(1 + 2 ** -12, 70000), [2], 'float16') }),
    )
    const half = state.tensors.get('half')
    expect(half && [...(await readFloat32(half))]).toEqual([1, Number.POSITIVE_INFINITY])
  })

  test.each([
    ['__metadata__', tensorData(new Float32Array(1), [1]), 'cannot be named'],
    ['\ud800', tensorData(new Float32Array(1), [1]), 'cannot be named'],
    ['a', { ...tensorData(new Float32Array(5), [5]), shape: [2, 3] }, '24 bytes, 20 were given'],
    ['a', { ...tensorData(new Float32Array(1), [1]), shape: [-1] }, 'shape [-1]'],
  ])('refuses %j', (name, tensor, words) => {
    expect(() => writeSafetensors({ [name]: tensor })).toThrow(words)
  })
})

describe('streamSafetensors', () => {
  test('gives what writeSafetensors gives, from tensors of a file', async () => {
    const whole = writeSafetensors(every, { a: '1' })
    const file = await streamSafetensors((await open(whole)).tensors, { a: '1' })
    expect(await concatenated(file.chunks())).toEqual(whole)
    expect(file.size).toBe(whole.length)
    expect(await concatenated(file.chunks())).toEqual(whole)
  })

  test('tells of a tensor that changes its size', async () => {
    const tensor = { dtype: 'uint8' as const, shape: [2], read: async () => new Uint8Array(3) }
    await expectRefusal(streamSafetensors(new Map([['t', tensor]])), 'bad-argument', '"t"', '2 bytes, 3 were given')
  })
})

describe('verifySafetensors', () => {
  const file = writeSafetensors(every)

  test('finds the sha256 of the card to be that of the data', async () => {
    const { stated, actual } = await verifySafetensors(memorySource('f', file))
    expect(stated).toBe(actual)
    expect(actual).toMatch(/^[0-9a-f]{64}$/)
  })

  test('refuses data that was changed', async () => {
    const changed = file.slice()
    changed[changed.length - 1]! ^= 1
    await expectRefusal(verifySafetensors(memorySource('f', changed)), 'bad-weights', 'its card says')
  })

  test('has nothing to compare where the card says nothing', async () => {
    const bare = new TextEncoder().encode('\x02\0\0\0\0\0\0\0{}')
    expect((await verifySafetensors(memorySource('f', bare))).stated).toBeNull()
  })
})

test.each([
  ['a number in the card', () => writeSafetensors({}, { n: 3 } as never), /entry of the card is 3/],
  [
    'numbers for bytes',
    () => writeSafetensors({ a: { dtype: 'float32', shape: [2], data: new Float32Array(2) as never } }),
    /its bytes as a Uint8Array, found a value of class Float32Array/,
  ],
  ['a tensor that is none', () => writeSafetensors({ a: 3 as never }), /"a": expected \{ dtype, shape/],
  ['a plain list of values', () => tensorData([1, 2] as never, [2]), /Float32Array, found a value of class Array/],
  ['another dtype', () => tensorData(new Float32Array(2), [2], 'int8' as never), /dtype is int8/],
  ['values that do not fit', () => tensorData(new Float32Array(2), [3]), /takes 12 bytes, 8 were given/],
])('%s is refused', (_, write, message) => expect(write).toThrow(message))

test('a map of tensors is what a record of them is', () => {
  const a = tensorData(Float32Array.of(1, Number.NaN), [2], 'float16')
  expect(writeSafetensors(new Map([['a', a]]))).toEqual(writeSafetensors({ a }))
})
