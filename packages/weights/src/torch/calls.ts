import type { WeightLimits } from '../limits.ts'
import {
  kindOf,
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleObject,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from '../pickle/values.ts'
import { badWeights, quoted, unsafeWeights } from '../refuse.ts'
import { numpyDType, numpyScalar } from './numpy.ts'
import { TensorRef } from './refs.ts'
import { rebuildTensor } from './tensors.ts'

/** What stands in for a Python function: it makes the value that calling it would have given, from plain data. */
export type Call = (args: readonly PickleValue[], context: CallContext) => PickleValue

export interface CallContext {
  readonly source: string
  readonly limits: WeightLimits
  /** The key that the value is for, where that is known. */
  readonly at: string | undefined
  /** Accounts for values that a call copies: a few opcodes must not make a long list many times over. */
  spend(values: number): void
}

const first: Call = (args) => args[0] ?? null
const sequence: Call = (args, { source, spend }) => {
  const list = new PickleList()
  const items = args.length === 0 ? [] : itemsOf(source, args[0])
  spend(items.length)
  for (const item of items) list.items.push(item)
  return list
}
const dict: Call = (args, { source, spend }) => {
  const made = new PickleDict()
  const pairs = args.length === 0 ? [] : itemsOf(source, args[0])
  spend(pairs.length)
  for (const pair of pairs) {
    const [key, value] = itemsOf(source, pair)
    if (typeof key !== 'string' && typeof key !== 'number')
      throw badWeights(source, `${kindOf(key)} as a dictionary key`)
    if (made.entries.has(key)) throw badWeights(source, `the key ${quoted(`${key}`)} stands twice in a dictionary`)
    made.entries.set(key, value ?? null)
  }
  return made
}
const set: Call = (args, { source }) => new PickleSet(args.length === 0 ? [] : itemsOf(source, args[0]))
const tuple: Call = (args, { source }) => new PickleTuple(args.length === 0 ? [] : itemsOf(source, args[0]))
const parameter: Call = ([data], { source }) => {
  if (data instanceof TensorRef) return data
  throw badWeights(source, `a parameter around ${kindOf(data)}; expected a tensor`)
}
const tensor =
  (version: 1 | 2 | 3): Call =>
  (args, { source, limits, at }) =>
    rebuildTensor(source, limits, version, args, at)
/** torch._tensor._rebuild_from_type_v2(function, type, arguments, state): a tensor with attributes of its own. */
const fromType: Call = ([callee, , args], context) => {
  const rebuild =
    callee instanceof PickleGlobal && callee.module === 'torch._utils' ? CALLS.get(callee.path) : undefined
  if (rebuild && args instanceof PickleTuple) return rebuild(args.items, context)
  throw unsafeWeights(context.source, `a tensor is rebuilt by ${kindOf(callee)}`)
}
/** Bytes copied count for so many values fewer. */
const BYTES_A_VALUE = 64
/** _codecs.encode(text, 'latin1'): how protocol 2 writes bytes. */
const encode: Call = ([text, encoding], { source, spend }) => {
  if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== 'latin-1')) {
    throw badWeights(source, `bytes are written as ${kindOf(text)} in ${kindOf(encoding)}; expected text in latin1`)
  }
  spend(Math.ceil(text.length / BYTES_A_VALUE))
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 255) throw badWeights(source, 'bytes are written with a character beyond latin1')
    bytes[i] = code
  }
  return bytes
}
const path: Call = (args, { source, spend }) => {
  const parts = args.map((part) => {
    if (typeof part !== 'string') throw badWeights(source, `${kindOf(part)} as a part of a path`)
    spend(part.length)
    return part
  })
  return parts.join('/')
}
/** A value that means nothing here and holds no tensors: its name is kept. */
const opaque =
  (module: string, name: string): Call =>
  () =>
    new PickleObject(new PickleGlobal(module, name))

/** Everything that a pickle of weights may call. A name that is not here is refused. */
export const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['torch._utils._rebuild_tensor', tensor(1)],
  ['torch._utils._rebuild_tensor_v2', tensor(2)],
  ['torch._utils._rebuild_tensor_v3', tensor(3)],
  ['torch._utils._rebuild_parameter', parameter],
  ['torch._utils._rebuild_parameter_with_state', parameter],
  ['torch._tensor._rebuild_from_type_v2', fromType],
  ['torch.Size', tuple],
  ['torch.device', opaque('torch', 'device')],
  ['torch.jit._pickle.build_intlist', sequence],
  ['torch.jit._pickle.build_doublelist', sequence],
  ['torch.jit._pickle.build_boollist', sequence],
  ['torch.jit._pickle.build_tensorlist', sequence],
  ['torch.jit._pickle.restore_type_tag', first],
  ['collections.OrderedDict', dict],
  ['collections.defaultdict', () => new PickleDict()],
  ...['builtins', '__builtin__'].flatMap((module): [string, Call][] => [
    [`${module}.set`, set],
    [`${module}.frozenset`, set],
    [`${module}.list`, sequence],
    [`${module}.tuple`, tuple],
    [`${module}.dict`, dict],
    [`${module}.bytearray`, first],
  ]),
  ['_codecs.encode', encode],
  ['argparse.Namespace', opaque('argparse', 'Namespace')],
  ['types.SimpleNamespace', opaque('types', 'SimpleNamespace')],
  ...['Path', 'PosixPath', 'WindowsPath', 'PurePath', 'PurePosixPath', 'PureWindowsPath'].flatMap(
    (name): [string, Call][] => [
      [`pathlib.${name}`, path],
      [`pathlib._local.${name}`, path],
    ],
  ),
  ['numpy.dtype', numpyDType],
  ...['numpy.core.multiarray', 'numpy._core.multiarray'].flatMap((module): [string, Call][] => [
    [`${module}.scalar`, numpyScalar],
    [`${module}._reconstruct`, opaque('numpy', 'ndarray')],
  ]),
])

function itemsOf(source: string, value: PickleValue | undefined): readonly PickleValue[] {
  if (value instanceof PickleList || value instanceof PickleTuple || value instanceof PickleSet) return value.items
  throw badWeights(source, `${kindOf(value)} where a list or tuple is expected`)
}
