import { zip } from '@stablesig/testing/files'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../byte-source.ts'
import { readFloat32 } from '../convert.ts'
import type { WeightsErrorCode } from '../errors.ts'
import { openWeights } from '../open.ts'
import { expectRefusal } from '../testing.ts'

const floats = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)

function npy(header: string, data: Uint8Array = floats, version = 1): Uint8Array {
  const text = new TextEncoder().encode(header)
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0]
  return Uint8Array.from([0x93, ...new TextEncoder().encode('NUMPY'), version, 0, ...length, ...text, ...data])
}
const header = (descr: string, fortran: boolean, shape: string) =>
  `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }   \n`
const open = (array: Uint8Array) => openWeights(memorySource('a.npz', zip([{ name: 'x.npy', data: array }])))

async function values(array: Uint8Array): Promise<[readonly number[], number[]]> {
  const tensor = (await open(array)).tensors.get('x')
  return tensor ? [tensor.shape, [...(await readFloat32(tensor))]] : expect.fail('no array x')
}

describe('reads', () => {
  test('row-major, column-major, big-endian and bare arrays', async () => {
    expect(await values(npy(header('<f4', false, '(2, 3)')))).toEqual([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ])
    expect(await values(npy(header('<f4', true, '(2, 3)')))).toEqual([
      [2, 3],
      [1, 3, 5, 2, 4, 6],
    ])
    const swapped = Uint8Array.from(floats, (_, i) => floats[i ^ 3] ?? 0)
    expect(await values(npy(header('>f4', false, '(6,)'), swapped))).toEqual([[6], [1, 2, 3, 4, 5, 6]])
    expect(await values(npy(header('|u1', false, '()'), Uint8Array.of(7), 2))).toEqual([[], [7]])
  })

  test('a single .npy file', async () => {
    const state = await openWeights(memorySource('a.npy', npy(header('<f4', false, '(6,)'))))
    expect([...state.tensors.keys()]).toEqual([''])
    expect(await state.tensors.get('')?.read()).toEqual(floats)
  })
})

test.each<[string, Uint8Array, WeightsErrorCode, string]>([
  ['Python objects', npy(header('|O', false, '(1,)')), 'unsafe-weights', 'Python objects'],
  ['an expression', npy("__import__('os').system('true')"), 'bad-weights', 'not as NumPy writes it'],
  ['a shape beyond the data', npy(header('<f4', false, '(7,)')), 'bad-weights', 'takes 28 bytes, it has 24'],
  ['a shape beyond all numbers', npy(header('<f4', false, '(99999999999999999999,)')), 'bad-weights', '"x.npy"'],
  ['text', npy(header('<U3', false, '(2,)')), 'unsupported', '"<U3"'],
  ['an unknown version', npy(header('<f4', false, '(6,)'), floats, 9), 'unsupported', 'version 9'],
  [
    'a field twice',
    npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,)}"),
    'bad-weights',
    'descr twice',
  ],
  ['no array', floats, 'bad-weights', 'does not begin'],
])('refuses %s', async (_, array, code, words) => {
  await expectRefusal(open(array), code, 'a.npz', words)
})
