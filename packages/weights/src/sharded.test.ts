import { pickle as p, torchZip } from '@stablesig/testing/files'
import { describe, expect, test } from 'vitest'
import { memorySource } from './byte-source.ts'
import { readFloat32 } from './convert.ts'
import { WeightsError } from './errors.ts'
import { openSharded, readShardIndex } from './sharded.ts'
import { expectRefusal } from './testing.ts'
import { tensorData, writeSafetensors } from './writer.ts'

const shard = (...names: string[]) =>
  writeSafetensors(Object.fromEntries(names.map((name) => [name, tensorData(Float32Array.of(name.length), [1])])))
const [ONE, TWO] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']
const files: Record<string, Uint8Array> = { [ONE]: shard('a', 'bb'), [TWO]: shard('ccc') }
const map = { a: ONE, ccc: TWO, bb: ONE }
const source = (index: unknown) =>
  memorySource(
    'model.safetensors.index.json',
    new TextEncoder().encode(typeof index === 'string' ? index : JSON.stringify(index)),
  )

function open(index: unknown, there: Readonly<Record<string, Uint8Array>> = files) {
  const asked: string[] = []
  const find = async (file: string) => {
    asked.push(file)
    const bytes = there[file]
    if (!bytes) throw new WeightsError('io', `cannot read ${file}: no such file`)
    return memorySource(file, bytes)
  }
  return { asked, state: openSharded(source(index), find) }
}

test('joins the tensors of its shards, in the order of the index; each shard is asked for once', async () => {
  const { asked, state } = open({ metadata: { total_size: 12, dtype: 'float32', more: [1] }, weight_map: map })
  const { tensors, ...about } = await state
  expect(about).toEqual({
    source: 'model.safetensors.index.json',
    format: 'safetensors',
    metadata: Object.assign(Object.create(null), { total_size: '12', dtype: 'float32' }),
    shards: [ONE, TWO],
  })
  expect([...tensors.keys()]).toEqual(['a', 'ccc', 'bb'])
  for (const [name, tensor] of tensors) expect([...(await readFloat32(tensor))]).toEqual([name.length])
  expect(asked).toEqual([ONE, TWO])
})

test('total_size may be a fraction, as some write it', async () => {
  const { metadata } = await readShardIndex(source(`{"metadata":{"total_size":4.2e9},"weight_map":{"a":"x"}}`))
  expect(metadata.total_size).toBe('4200000000')
})

test('every shard that is missing is named', async () => {
  await expectRefusal(open({ weight_map: map }, {}).state, 'io', '2 of 2 shards', ONE, TWO, 'no such file')
})

describe('refuses', () => {
  test.each([
    ['../secret.safetensors'],
    ['/etc/passwd'],
    ['folder/model.safetensors'],
    ['..\\model.safetensors'],
    ['C:model.safetensors'],
    ['..'],
    ['.'],
    [''],
    ['a\0b'],
    ['a\u001b[2J'],
    ['x'.repeat(300)],
  ])('a shard at %j, before any is opened', async (file) => {
    const { asked, state } = open({ weight_map: { a: ONE, b: file } })
    await expectRefusal(state, 'unsafe-weights', 'tensor "b"', 'beside the index')
    expect(asked).toEqual([])
  })

  test.each<[string, unknown, string]>([
    ['no map', { metadata: {} }, 'no shard index'],
    ['an empty map', { weight_map: {} }, 'names no tensor'],
    ['a list', [1], 'no shard index'],
    ['a file that is no text', { weight_map: { a: 1 } }, 'no file name for tensor "a"'],
    ['a tensor named twice', `{"weight_map":{"a":"${ONE}","a":"${TWO}"}}`, '"a" stands twice'],
    ['what is no JSON', '{"weight_map"', 'JSON is broken'],
    ['what is no text', '\ud800'.repeat(3), 'JSON is broken'],
    ['a tensor that its shard lacks', { weight_map: { ...map, d: TWO } }, 'not there: "d"'],
    ['a tensor in another shard than it says', { weight_map: { ...map, bb: TWO } }, '"bb"'],
    ['a shard with tensors of no name', { weight_map: { a: ONE, ccc: TWO } }, 'does not name: "bb"'],
  ])('%s', async (_, index, words) => {
    await expectRefusal(open(index).state, 'bad-weights', 'model.safetensors.index.json', words)
  })

  test('a tensor that two shards hold', async () => {
    const there = { ...files, [TWO]: shard('ccc', 'a') }
    await expectRefusal(open({ weight_map: map }, there).state, 'bad-weights', 'elsewhere too: "a"')
  })

  test('shards of two formats, and a shard that is broken', async () => {
    const torch = torchZip(p.pickle(p.dict(['ccc', p.tensor()])), { '0': new Uint8Array(24) })
    await expectRefusal(open({ weight_map: map }, { ...files, [TWO]: torch }).state, 'bad-weights', 'two formats')
    const cut = { ...files, [TWO]: files[TWO]?.subarray(0, -1) ?? new Uint8Array() }
    await expectRefusal(open({ weight_map: map }, cut).state, 'bad-weights', TWO)
  })

  test('an index beyond the limits', async () => {
    await expectRefusal(readShardIndex(source({ weight_map: map }), { tensors: 2 }), 'limit', '3 tensors')
    await expectRefusal(readShardIndex(source({ weight_map: map }), { indexBytes: 10 }), 'limit', 'limit is 10')
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`t${i}`, `shard${i}`]))
    const { asked, state } = open({ weight_map: many })
    await expectRefusal(state, 'limit', '1001 files')
    expect(asked).toEqual([])
  })
})
