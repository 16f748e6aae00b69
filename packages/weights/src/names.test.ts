import { expect, test } from 'vitest'
import { WeightsError } from './errors.ts'
import { type ExpectedShape, mapName, type NameMapping, takeTensors, unmapName } from './names.ts'
import { editDistance, nearest } from './nearest.ts'
import type { StateDict } from './state-dict.ts'

const plain: NameMapping = { name: 'plain', pairs: [['{rest...}', '{rest...}']] }
const wrapped: NameMapping = {
  name: 'wrapped',
  prefix: ['model/module.', 'module.'],
  pairs: [['layers.{i+1}.weight', '{i}.conv.weight']],
  ignore: ['{rest...}.num_batches_tracked'],
}
const expected = { '0.conv.weight': [4, 3, 3, 3], '1.conv.weight': [4, 4, null, null] } as const

function state(shapes: Readonly<Record<string, readonly number[]>>): StateDict {
  const tensor = (shape: readonly number[]) => ({
    dtype: 'float32' as const,
    shape,
    read: async () => new Uint8Array(),
  })
  const tensors = new Map(Object.entries(shapes).map(([name, shape]) => [name, tensor(shape)]))
  return { source: 'x.pt', format: 'torch-zip', tensors, metadata: {} }
}

const failure = (
  dict: StateDict,
  names: Readonly<Record<string, ExpectedShape>>,
  mappings: readonly NameMapping[],
): string => {
  try {
    takeTensors(dict, names, mappings)
  } catch (error) {
    expect(error).toBeInstanceOf(WeightsError)
    return error instanceof WeightsError ? `${error.code}: ${error.message}` : ''
  }
  return expect.fail('expected it to be refused')
}

test('takes tensors under the names of the model, by whichever mapping fits', () => {
  const dict = state({
    'module.layers.1.weight': [4, 3, 3, 3],
    'module.layers.2.weight': [4, 4, 1, 1],
    'module.bn.num_batches_tracked': [],
    'optimizer/0/exp_avg': [4],
  })
  const taken = takeTensors(dict, expected, [plain, wrapped])
  expect(taken.mapping).toBe(wrapped)
  expect(taken.prefix).toBe('module.')
  expect([...taken.tensors.keys()]).toEqual(['0.conv.weight', '1.conv.weight'])
  expect([...taken.foreign.values()]).toEqual(['module.layers.1.weight', 'module.layers.2.weight'])
})

test('names map both ways', () => {
  expect(mapName(wrapped, 'layers.1.weight')).toBe('0.conv.weight')
  expect(unmapName(wrapped, '0.conv.weight')).toBe('layers.1.weight')
  expect(mapName(wrapped, 'bn.num_batches_tracked')).toBeUndefined()
  expect(mapName(wrapped, 'layers.0.weight')).toBeNull()
})

test('tells what is missing, unexpected and wrongly shaped, with the nearest names', () => {
  const dict = state({ 'module.layers.1.weight': [4, 3, 5, 5], 'module.layers.2.weigth': [4, 4, 1, 1] })
  const message = failure(dict, expected, [wrapped, plain])
  expect(message).toContain('bad-weights: x.pt')
  expect(message).toContain('closest of wrapped, plain: wrapped')
  expect(message).toContain('missing (1):\n  module.layers.2.weight (nearest there: module.layers.2.weigth)')
  expect(message).toContain('unexpected (1):\n  module.layers.2.weigth')
  expect(message).toContain('module.layers.1.weight has shape [4, 3, 5, 5], expected [4, 3, 3, 3]')
})

test('shortens long lists and says when there is nothing at all', () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`w${i}`, [1]]))
  expect(failure(state({}), many, [plain])).toMatch(/missing \(20\)[\s\S]*and 12 more[\s\S]*no tensors at all/)
})

test('names of the file that give one name of the model are refused', () => {
  const both: NameMapping = {
    name: 'both',
    pairs: [
      ['a.{i}', '{i}'],
      ['b.{i}', '{i}'],
    ],
  }
  expect(failure(state({ 'a.1': [1], 'b.1': [1] }), { '1': [1] }, [both])).toContain('b.1 and a.1 both give 1')
})

test('nearest names by edit distance', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3)
  expect(editDistance('', 'abc')).toBe(3)
  expect(nearest('conv.weight', ['conv.bias', 'norm.weight', 'conv.weigth', 'xyz'], 2)).toEqual([
    'conv.weigth',
    'norm.weight',
  ])
})
