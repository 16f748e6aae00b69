import { pickle as p, torchZip } from '@stablesig/testing/files'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../byte-source.ts'
import { readFloat32 } from '../convert.ts'
import type { WeightsErrorCode } from '../errors.ts'
import type { WeightLimits } from '../limits.ts'
import { openWeights } from '../open.ts'
import { expectRefusal } from '../testing.ts'

const floats = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)
const open = (body: p.Bytes, limits: Partial<WeightLimits> = {}, storages = { '0': floats }) =>
  openWeights(memorySource('a.pt', torchZip(p.pickle(body), storages)), limits)

async function values(body: p.Bytes, name = 'w'): Promise<number[]> {
  const tensor = (await open(body)).tensors.get(name)
  return tensor ? [...(await readFloat32(tensor))] : expect.fail(`no tensor ${name}`)
}
const view = (shape: readonly number[], stride: readonly number[], offset = 0) =>
  p.dict(['w', p.tensor({ shape, stride, offset })])

describe('views', () => {
  test.each<[string, readonly number[], readonly number[], number, readonly number[]]>([
    ['contiguous', [2, 3], [3, 1], 0, [1, 2, 3, 4, 5, 6]],
    ['transposed', [3, 2], [1, 3], 0, [1, 4, 2, 5, 3, 6]],
    ['rows', [1, 3], [3, 1], 3, [4, 5, 6]],
    ['columns', [2, 2], [3, 1], 1, [2, 3, 5, 6]],
    ['every second', [3], [2], 1, [2, 4, 6]],
    ['expanded', [2, 2, 2], [0, 1, 0], 4, [5, 5, 6, 6, 5, 5, 6, 6]],
    ['scalar', [], [], 5, [6]],
    ['empty', [0, 3], [3, 1], 6, []],
  ])('%s', async (_, shape, stride, offset, expected) => {
    expect(await values(view(shape, stride, offset))).toEqual(expected)
  })

  test('negated', async () => {
    const more = [p.dict(['neg', p.TRUE])]
    expect(await values(p.dict(['w', p.tensor({ more })]))).toEqual([-1, -2, -3, -4, -5, -6])
  })

  test('big-endian', async () => {
    const swapped = Uint8Array.from(floats, (_, i) => floats[i ^ 3] ?? 0)
    const order = { name: 'archive/byteorder', data: new TextEncoder().encode('big') }
    const file = torchZip(p.pickle(view([2, 3], [3, 1])), { '0': swapped }, [order])
    const tensor = (await openWeights(memorySource('a', file))).tensors.get('w')
    expect(tensor && [...(await readFloat32(tensor))]).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('a byte order whose name is damaged in the directory is not taken for none', async () => {
    const order = { name: 'archive/byteordes', localName: 'archive/byteorder', data: new TextEncoder().encode('big') }
    const file = torchZip(p.pickle(view([2, 3], [3, 1])), { '0': floats }, [order])
    await expectRefusal(openWeights(memorySource('a', file)), 'bad-weights', 'local header', 'archive/byteordes')
  })
})

describe('what lies around tensors', () => {
  test('names are the keys and indices on the way', async () => {
    const tree = p.dict(['a', p.list(p.tensor(), p.tuple(p.dict([p.int(5), p.tensor()])))], ['__proto__', p.tensor()])
    expect([...(await open(tree)).tensors.keys()]).toEqual(['a/0', 'a/1/0/5', '__proto__'])
  })

  test('plain values are kept', async () => {
    const state = await open(p.dict(['epoch', p.int(7)], ['note', p.text('ü')], ['none', p.NONE], ['on', p.TRUE]))
    expect([...(state.scalars ?? [])]).toEqual([
      ['epoch', 7],
      ['note', 'ü'],
      ['none', null],
      ['on', true],
    ])
  })

  test('a class that is named and not called is a name', async () => {
    const state = await open(p.dict([p.global('os', 'system'), p.tensor()]))
    expect([...state.tensors.keys()]).toEqual(['os.system'])
  })

  test('attributes of a Namespace', async () => {
    const made = [...p.global('argparse', 'Namespace'), ...p.EMPTY_TUPLE, ...p.NEWOBJ]
    const state = await open(
      p.dict(['args', [...made, ...p.dict(['lr', p.int(3)], ['constructor', p.int(4)]), ...p.BUILD]]),
    )
    expect([...(state.scalars ?? [])]).toEqual([
      ['args/lr', 3],
      ['args/constructor', 4],
    ])
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('lr')
  })

  test('TorchScript modules have dotted names; a frozen one has constants', async () => {
    const module = (...attributes: [string, p.Bytes][]) => [
      ...[...p.global('__torch__.nn', 'Module'), ...p.EMPTY_TUPLE, ...p.NEWOBJ],
      ...[...p.dict(...attributes), ...p.BUILD],
    ]
    const script = (data: p.Bytes, constants: p.Bytes) =>
      torchZip(p.pickle(data), { '0': floats }, [
        { name: 'archive/constants.pkl', data: p.pickle(constants) },
        { name: 'archive/constants/0', data: floats },
      ])
    const open = async (file: Uint8Array) => openWeights(memorySource('a.pt', file))
    const state = await open(script(module(['0', module(['weight', p.tensor()])]), p.tuple()))
    expect(state.format).toBe('torchscript')
    expect([...state.tensors.keys()]).toEqual(['0.weight'])
    const frozen = await open(script(module(['training', p.FALSE]), p.tuple(p.tensor())))
    expect([...frozen.tensors.keys()]).toEqual(['CONSTANTS.c0'])
  })
})

describe('refuses', () => {
  const call = (module: string, name: string) => p.dict(['w', p.call(module, name, p.text('true'))])
  test.each<[string, p.Bytes, WeightsErrorCode, string]>([
    ['a call', call('os', 'system'), 'unsafe-weights', '"os.system" for "w"'],
    ['a call of builtins', call('builtins', 'eval'), 'unsafe-weights', '"builtins.eval"'],
    ['a call under torch', call('torch', 'load'), 'unsafe-weights', '"torch.load"'],
    ['an unknown rebuild function', call('torch._utils', '_rebuild_evil'), 'unsafe-weights', '_rebuild_evil'],
    [
      'a tensor rebuilt by a call',
      p.dict(['w', p.call('torch._tensor', '_rebuild_from_type_v2', p.global('os', 'system'))]),
      'unsafe-weights',
      'os.system',
    ],
    [
      'an object of an unknown class',
      [...p.global('a', 'B'), ...p.EMPTY_TUPLE, ...p.NEWOBJ],
      'unsafe-weights',
      '"a.B"',
    ],
    ['BUILD on a tensor', [...p.tensor(), ...p.dict(), ...p.BUILD], 'bad-weights', 'BUILD on a tensor'],
    ['a name that stands twice', p.dict(['w', p.tensor()], ['w', p.tensor()]), 'bad-weights', '"w" stands twice'],
    ['a view beyond its storage', view([2, 3], [4, 1]), 'bad-weights', '"w" of shape [2, 3]'],
    ['an offset beyond', view([2, 3], [3, 1], 1), 'bad-weights', 'from 1 leaves its 6 elements'],
    ['a negative stride', view([2, 3], [-3, 1], 3), 'bad-weights', '"w": its shape'],
    ['strides of another rank', view([2, 3], [3, 1, 1]), 'bad-weights', '3 strides'],
    ['a view that repeats beyond all use', view([2 ** 24], [0]), 'limit', 'repeats its 6 elements'],
    ['a view beyond all sizes', view([2 ** 30, 2 ** 30], [0, 0]), 'limit', '"w"'],
    ['many axes', view(Array(65).fill(1), Array(65).fill(1)), 'limit', '65 axes'],
    ['an unknown mark', p.dict(['w', p.tensor({ more: [p.dict(['conj', p.TRUE])] })]), 'bad-weights', 'not known'],
    [
      'a storage that is not there',
      p.dict(['w', p.tensor({ storage: p.storage('9', 6) })]),
      'bad-weights',
      '"9" is not in the file',
    ],
    [
      'a storage named by a path',
      p.dict(['w', p.tensor({ storage: p.storage('../version', 6) })]),
      'bad-weights',
      'not in the file',
    ],
    [
      'a storage of another size',
      p.dict(['w', p.tensor({ storage: p.storage('0', 7) })]),
      'bad-weights',
      'should have 28 bytes',
    ],
    ['an unknown storage', p.dict(['w', p.tensor({ storage: p.storage('0', 6, 'nn') })]), 'bad-weights', 'torch.nn'],
    ['a memo that is not there', [0x68, 9], 'bad-weights', 'memo 9'],
    ['an opcode that does not exist', [0xff], 'bad-weights', '0xff'],
    ['an empty stack', [], 'bad-weights', 'STOP'],
    ['a list as a key', p.dict([p.list(), p.NONE]), 'bad-weights', 'a list as a dictionary key'],
    ['text that is not UTF-8', [0x58, 1, 0, 0, 0, 0xff], 'bad-weights', 'UTF-8'],
    ['a length beyond the pickle', [0x58, 255, 255, 255, 255], 'bad-weights', 'cut short'],
    ['depth', [...Array(200).fill(0x5d), ...Array(199).fill(0x61)], 'limit', '100 deep'],
    ['a value inside itself', [0x5d, 0x71, 0, 0x68, 0, 0x61], 'bad-weights', 'contains itself'],
  ])('%s', async (_, body, code, words) => {
    await expectRefusal(open(body), code, 'a.pt', words)
  })

  test('lists that name lists that name lists', async () => {
    const level = (i: number): number[] => [
      0x5d,
      0x71,
      i,
      0x28,
      ...Array(10)
        .fill([0x68, i - 1])
        .flat(),
      0x65,
    ]
    const body = [0x28, 0x4e, 0x71, 0, ...Array.from({ length: 20 }, (_, i) => level(i + 1)).flat(), 0x74]
    await expectRefusal(open(body), 'limit', '500000 values')
  })

  test('copies of copies', async () => {
    const long = p.list(...Array(1000).fill(p.NONE))
    const copy = [...p.global('builtins', 'list'), 0x68, 0, 0x85, ...p.REDUCE]
    await expectRefusal(
      open([0x28, ...long, 0x71, 0, ...Array(2000).fill(copy).flat(), 0x74]),
      'limit',
      'copies more than',
    )
  })

  test('more than the limits allow', async () => {
    await expectRefusal(open(p.list(...Array(50).fill(p.NONE)), { pickleSteps: 50 }), 'limit', '50 opcodes')
    await expectRefusal(open(p.dict(['w', p.tensor()]), { indexBytes: 100 }), 'limit', 'the limit is 100')
    await expectRefusal(open(p.dict(['w', p.tensor()]), { tensorBytes: 20 }), 'limit', '"w"')
  })

  test('two checkpoints in one zip', async () => {
    const other = { name: 'other/data.pkl', data: p.pickle(p.dict()) }
    const file = memorySource('a.pt', torchZip(p.pickle(p.dict()), {}, [other]))
    await expectRefusal(openWeights(file), 'bad-weights', 'archive/data.pkl, other/data.pkl')
  })

  test('a damaged storage, when it is read', async () => {
    const file = torchZip(p.pickle(p.dict(['w', p.tensor()])), { '0': floats })
    const at = file.findIndex((_, i) => floats.every((byte, j) => file[i + j] === byte))
    file[at + 5]! ^= 1
    const tensor = (await openWeights(memorySource('a.pt', file))).tensors.get('w')
    await expectRefusal(tensor?.read() ?? Promise.resolve(), 'bad-weights', 'checksum')
  })
})
