import { safetensors } from '@stablesig/testing/files'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../byte-source.ts'
import { readFloat32 } from '../convert.ts'
import { openWeights } from '../open.ts'
import { expectRefusal } from '../testing.ts'

const data = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)
const entry = { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] }
const open = (header: unknown, bytes = data, length?: number) =>
  openWeights(memorySource('a.safetensors', safetensors(header, bytes, length)))

test('reads tensors, metadata and names that every object has', async () => {
  const header = `{"__metadata__":{"__proto__":"x","note":"\\u00fc"},"toString":${JSON.stringify(entry)} } `
  const state = await open(header)
  expect(Object.entries(state.metadata)).toEqual([
    ['__proto__', 'x'],
    ['note', 'ü'],
  ])
  const tensor = state.tensors.get('toString')
  expect(tensor?.shape).toEqual([2, 3])
  expect(tensor && [...(await readFloat32(tensor))]).toEqual([1, 2, 3, 4, 5, 6])
})

test('reads the header when opened and a tensor when asked, nothing else', async () => {
  const file = safetensors(
    { a: { ...entry, shape: [1], data_offsets: [0, 4] }, b: { ...entry, shape: [5], data_offsets: [4, 24] } },
    data,
  )
  const reads: [number, number][] = []
  const source = memorySource('a', file)
  const read = (at: number, length: number) => {
    reads.push([at, length])
    return source.read(at, length)
  }
  const state = await openWeights({ ...source, read })
  const opened = reads.length
  expect(Math.max(...reads.map(([at, length]) => at + length))).toBe(file.length - 24)
  await state.tensors.get('b')?.read()
  expect(reads.slice(opened)).toEqual([[file.length - 20, 20]])
})

describe('refuses', () => {
  test.each<[string, unknown, string]>([
    ['a name that stands twice', `{"a":${JSON.stringify(entry)},"a":${JSON.stringify(entry)}}`, '"a" stands twice'],
    ['an unknown dtype', { a: { ...entry, dtype: 'F31' } }, '"a": dtype "F31"'],
    ['a shape that does not fit', { a: { ...entry, shape: [2, 2] } }, 'takes 16 bytes, its data_offsets span 24'],
    ['a shape beyond all numbers', { a: { ...entry, shape: [2 ** 32, 2 ** 32, 6] } }, '"a"'],
    ['a negative size', { a: { ...entry, shape: [-2, -3] } }, 'shape is not a list of whole numbers'],
    [
      'a fraction',
      '{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24.5]}}',
      'whole number below 2^53, found "24.5"',
    ],
    ['three offsets', { a: { ...entry, data_offsets: [0, 12, 24] } }, 'data_offsets'],
    ['an unknown field', { a: { ...entry, extra: 1 } }, '"extra"'],
    ['a gap', { a: { ...entry, shape: [5], data_offsets: [4, 24] } }, 'gap of 4 bytes'],
    ['an overlap', { a: entry, b: { ...entry, shape: [1], data_offsets: [20, 24] } }, '"b" overlaps "a"'],
    ['bytes behind the last tensor', { a: { ...entry, shape: [5], data_offsets: [0, 20] } }, 'no tensor owns the rest'],
    ['missing bytes', { a: { ...entry, shape: [7], data_offsets: [0, 28] } }, 'cut short'],
    ['metadata that is not text', { __metadata__: { step: 5 }, a: entry }, '"step" is not text'],
    ['JSON that goes on', `{"a":${JSON.stringify(entry)}}{}`, 'behind the end'],
    ['a comma too many', `{"a":${JSON.stringify(entry)},}`, 'expected a key'],
    ['an unpaired surrogate', `{"\\ud800":${JSON.stringify(entry)}}`, 'Unicode'],
    ['nesting', `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`, 'levels deep'],
  ])('%s', async (_, header, words) => {
    await expectRefusal(open(header), 'bad-weights', 'a.safetensors', words)
  })

  test('a header longer than the file or the limit', async () => {
    await expectRefusal(open({ a: entry }, data, 1000), 'bad-weights', 'first eight bytes')
    const file = memorySource('a', safetensors({ a: entry }, data))
    await expectRefusal(openWeights(file, { indexBytes: 16 }), 'limit', 'the limit is 16')
  })

  test('more values or tensors than the limits allow', async () => {
    const file = memorySource('a', safetensors({ a: entry }, data))
    await expectRefusal(openWeights(file, { values: 5 }), 'limit', 'more than 5 values')
    await expectRefusal(openWeights(file, { tensors: 0 }), 'limit', '1 tensors')
  })
})
