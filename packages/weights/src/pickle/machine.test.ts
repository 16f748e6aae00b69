import { pickle as p } from '@stablesig/testing/files'
import { describe, expect, test } from 'vitest'
import { DEFAULT_WEIGHT_LIMITS } from '../limits.ts'
import { expectRefusal } from '../testing.ts'
import { torchHost } from '../torch/host.ts'
import { Cursor } from './cursor.ts'
import { unpickle } from './machine.ts'
import { PickleDict, PickleList, PickleObject, PickleSet, PickleTuple, type PickleValue } from './values.ts'

const run = (...body: p.Bytes[]): PickleValue =>
  unpickle(new Cursor(p.pickle(...body)), torchHost('x', DEFAULT_WEIGHT_LIMITS))
const refuse = (...body: p.Bytes[]) => new Promise((resolve) => resolve(run(...body)))
const line = (text: string): p.Bytes => [...new TextEncoder().encode(`${text}\n`)]

/** Containers as JavaScript shows them best. */
function plain(value: PickleValue): unknown {
  if (value instanceof PickleDict) return new Map([...value.entries].map(([key, child]) => [plain(key), plain(child)]))
  if (value instanceof PickleObject) return plain(value.attributes)
  if (value instanceof PickleList || value instanceof PickleTuple || value instanceof PickleSet)
    return value.items.map(plain)
  return value
}

describe('values', () => {
  test.each<[string, p.Bytes, unknown]>([
    ['BININT', p.int(-5), -5],
    ['BININT2', [0x4d, 0xff, 0xff], 65535],
    ['LONG1', [0x8a, 2, 0, 0x80], -32768],
    ['LONG1 of nothing', [0x8a, 0], 0],
    ['LONG1 beyond a double', [0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1], 2n ** 64n],
    ['LONG4', [0x8b, 1, 0, 0, 0, 7], 7],
    ['INT as a bool', [0x49, ...line('01')], true],
    ['LONG in text', [0x4c, ...line('-12L')], -12],
    ['FLOAT in text', [0x46, ...line('-1.5e3')], -1500],
    ['FLOAT nan', [0x46, ...line('nan')], Number.NaN],
    ['BINFLOAT', [0x47, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
    ['BINSTRING', [0x54, 2, 0, 0, 0, 0x61, 0x62], 'ab'],
    ['BINBYTES', [0x42, 2, 0, 0, 0, 0xff, 1], Uint8Array.of(255, 1)],
    ['TUPLE3', [...p.TRUE, ...p.FALSE, ...p.NONE, 0x87], [true, false, null]],
    ['LIST', [0x28, ...p.TRUE, ...p.NONE, 0x6c], [true, null]],
    ['DICT', [0x28, ...p.text('a'), ...p.NONE, 0x64], new Map([['a', null]])],
    ['DUP', [...p.TRUE, 0x32, 0x86], [true, true]],
    ['POP and POP_MARK', [...p.TRUE, ...p.NONE, 0x30, 0x28, ...p.NONE, ...p.NONE, 0x31], true],
    ['MEMOIZE', [...p.TRUE, 0x94, 0x30, 0x68, 0], true],
    ['FRAME', [0x95, 1, 0, 0, 0, 0, 0, 0, 0, ...p.NONE], null],
  ])('%s', (_, body, expected) => {
    expect(plain(run(body))).toEqual(expected)
  })
})

describe('what may be called', () => {
  const bytes = (text: string) => p.call('_codecs', 'encode', p.text(text), p.text('latin1'))
  const dtype = (code: string, order: string) => [
    ...p.call('numpy', 'dtype', p.text(code), p.FALSE, p.TRUE),
    ...p.tuple(p.int(3), p.text(order), p.NONE),
    ...p.BUILD,
  ]
  const scalar = (code: string, order: string, text: string) =>
    p.call('numpy._core.multiarray', 'scalar', dtype(code, order), bytes(text))
  test.each<[string, p.Bytes, unknown]>([
    ['bytes', bytes('\x00ÿ'), Uint8Array.of(0, 255)],
    ['a set', p.call('__builtin__', 'set', p.list(p.int(1))), [1]],
    ['torch.Size', p.call('torch', 'Size', p.tuple(p.int(2))), [2]],
    [
      'an OrderedDict of pairs',
      p.call('collections', 'OrderedDict', p.list(p.list(p.text('a'), p.int(1)))),
      new Map([['a', 1]]),
    ],
    ['a defaultdict', p.call('collections', 'defaultdict', p.global('os', 'system')), new Map()],
    ['a path', p.call('pathlib', 'PosixPath', p.text('a'), p.text('b')), 'a/b'],
    ['an intlist of TorchScript', p.call('torch.jit._pickle', 'build_intlist', p.list(p.int(1))), [1]],
    ['numpy float64', scalar('f8', '<', '\0\0\0\0\0\0\xd0\x3f'), 0.25],
    ['numpy int64', scalar('i8', '<', '\x03\0\0\0\0\0\0\0'), 3],
    ['numpy int32, big-endian', scalar('i4', '>', '\0\0\0\x03'), 3],
    ['a numpy scalar of another type', scalar('M8', '<', '\0\0\0\0\0\0\0\0'), null],
  ])('%s', (_, body, expected) => {
    expect(plain(run(body))).toEqual(expected)
  })

  test('parameters are their tensors', () => {
    const parameter = p.call('torch._utils', '_rebuild_parameter', p.tensor(), p.TRUE, p.NONE)
    expect(run(parameter)).toMatchObject({ shape: [2, 3], dtype: 'float32' })
    const wrapped = p.call(
      'torch._tensor',
      '_rebuild_from_type_v2',
      p.global('torch._utils', '_rebuild_parameter'),
      p.global('torch.nn', 'Parameter'),
      p.tuple(p.tensor(), p.TRUE, p.NONE),
      p.dict(),
    )
    expect(run(wrapped)).toMatchObject({ shape: [2, 3] })
  })

  test('float8 comes with its dtype on an untyped storage', () => {
    const untyped = [
      ...p.tuple(p.text('storage'), p.global('torch.storage', 'UntypedStorage'), p.text('0'), p.text('cpu'), p.int(6)),
      0x51,
    ]
    const v3 = (name: string) =>
      p.call(
        'torch._utils',
        '_rebuild_tensor_v3',
        untyped,
        p.int(0),
        p.tuple(p.int(6)),
        p.tuple(p.int(1)),
        p.FALSE,
        p.dict(),
        p.global('torch', name),
      )
    expect(run(v3('float8_e5m2'))).toMatchObject({ dtype: 'float8_e5m2', shape: [6] })
    expect(() => run(v3('float16'))).toThrow('leaves its 3 elements')
    expect(() => run(v3('complex64'))).toThrow('torch.complex64')
  })
})

describe('refuses', () => {
  test.each<[string, p.Bytes, string]>([
    ['a mark that is not there', [0x74], 'no MARK'],
    ['APPEND to a dict', [0x7d, ...p.NONE, 0x61], 'APPEND to a dict'],
    ['SETITEM on a list', [0x5d, ...p.NONE, ...p.NONE, 0x73], 'SETITEM on a list'],
    ['a key alone', [0x7d, 0x28, ...p.NONE, 0x75], 'key without a value'],
    ['a call of data', [...p.NONE, ...p.tuple(), ...p.REDUCE], 'None is called'],
    ['a call without arguments', [...p.global('torch', 'Size'), ...p.NONE, ...p.REDUCE], 'arguments of a call'],
    ['text that is no number', [0x4c, ...line('3x')], 'no whole number'],
    ['an integer without end', [0x8b, 255, 255, 255, 127], 'an integer of'],
    ['a negative length', [0x8b, 255, 255, 255, 255], 'an integer of -1 bytes'],
    ['an unknown protocol', [0x80, 99], 'protocol 99'],
    ['two values at the end', [...p.NONE, ...p.NONE], 'STOP'],
    ['bytes beyond latin1', p.call('_codecs', 'encode', p.text('€'), p.text('latin1')), 'beyond latin1'],
    ['a persistent id of text', [0x50, ...line('0')], '0x50'],
  ])('%s', async (_, body, words) => {
    await expectRefusal(refuse(body), 'bad-weights', words)
  })

  test.each([
    ['INST', [0x28, 0x69, ...line('os'), ...line('system')]],
    ['OBJ', [0x28, ...p.global('os', 'system'), 0x6f]],
    ['NEWOBJ_EX', [...p.global('os', 'system'), ...p.tuple(), 0x7d, 0x92]],
    ['EXT1', [0x82, 1]],
  ])('%s', async (name, body) => {
    await expectRefusal(refuse(body), 'unsafe-weights', name)
  })
})
