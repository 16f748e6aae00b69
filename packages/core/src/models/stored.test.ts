import '@tensorflow/tfjs-backend-cpu'
import { noise, stateOf } from '@stablesig/testing/networks'
import { fromFloat32, makeDelta, readable, type StateTensor, toFloat32 } from '@stablesig/weights'
import { dispose, memory, setBackend, tensor } from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { storeWeights, tensorsNamed, weightsFromStored } from './stored.ts'

beforeAll(() => setBackend('cpu'))

const half = (shape: number[], values: Float32Array): StateTensor => {
  const bytes = fromFloat32(values, 'float16')
  return { dtype: 'float16', shape, read: async () => bytes }
}
const kernel = noise('kernel', 24, 0.1)
const stored = new Map<string, StateTensor>([
  ['conv.weight', half([2, 3, 2, 2], kernel)],
  ['q.weight', half([2, 2], kernel.subarray(0, 4))],
  ['bias', { dtype: 'float32', shape: [2], read: async () => fromFloat32(Float32Array.of(0.1, -0.2), 'float32') }],
])
/** As models hold them: convolutions HWIO, of attention too where a file has a matrix. */
const make = (change: number) => ({
  'conv.weight': tensor(
    kernel.map((value) => value + change),
    [2, 2, 3, 2],
  ),
  'q.weight': tensor([1 + change, 2, 3, 4], [1, 1, 2, 2]),
  bias: tensor([0.1, -0.2 + change]),
})

test('weights go into the layout, dtype and shape of their file, and a reader gets what was rounded', async () => {
  const before = memory().numTensors
  const weights = make(0.001)
  const made = await storeWeights(stored, weights)
  expect([...made].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual(
    [...stored].map(([name, { dtype, shape }]) => [name, dtype, shape]),
  )
  expect([...toFloat32(made.get('q.weight')?.data ?? new Uint8Array(), 'float16')]).toEqual([
    Math.fround(1 + 2 ** -10),
    3,
    2,
    4,
  ])
  const read = weightsFromStored(made, weights)
  for (const [name, found] of Object.entries(read)) {
    const wanted = name === 'bias' ? weights.bias : weights[name === 'q.weight' ? 'q.weight' : 'conv.weight']
    expect(found.shape).toEqual(wanted.shape)
    const [a, b] = [await found.data(), await wanted.data()]
    for (const [i, value] of a.entries())
      expect(Math.abs(value - (b[i] ?? 0))).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11 + 2 ** -25)
  }
  expect(await storeWeights(stored, read)).toEqual(made)
  dispose([weights, read])
  expect(memory().numTensors).toBe(before)
})

test('rounded for a delta, float32 weights need two bytes each and stay as they are when it is done again', async () => {
  const weights = make(0.01234)
  const made = await storeWeights(stored, weights, { forDelta: true })
  const { encodings } = await makeDelta(stored, readable(made))
  expect(encodings).toEqual({ half: 1, pattern: 2, whole: 0 })
  const read = weightsFromStored(made, weights)
  expect(await storeWeights(stored, read, { forDelta: true })).toEqual(made)
  expect(await storeWeights(stored, read)).toEqual(made)
  dispose([weights, read])
})

test('what does not belong together is refused', async () => {
  const other = { other: tensor([1]) }
  await expect(storeWeights(stored, other)).rejects.toMatchObject({
    code: 'bad-argument',
    message: expect.stringContaining('other'),
  })
  const short = { bias: tensor([1]) }
  await expect(storeWeights(stored, short, { forDelta: true })).rejects.toMatchObject({
    code: 'shape',
    message: expect.stringContaining('bias'),
  })
  dispose([other, short])
  const state = stateOf({ a: [[1], [1]] })
  expect([...tensorsNamed(state, new Map([['ours', 'a']])).keys()]).toEqual(['ours'])
  expect(() => tensorsNamed(state, new Map([['ours', 'b']]))).toThrow('no tensor named b')
})
