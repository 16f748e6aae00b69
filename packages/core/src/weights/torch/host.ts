import type { WeightLimits } from '../limits.ts'
import type { PickleHost } from '../pickle/opcodes.ts'
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
import { badWeights, overLimit, quoted, unsafeWeights } from '../refuse.ts'
import { buildNumpyDType, numpyDType, numpyScalar } from './numpy.ts'
import { TensorRef } from './refs.ts'
import { rebuildTensor, storageOf } from './tensors.ts'

type Call = (args: readonly PickleValue[], context: CallContext) => PickleValue

interface CallContext {
  readonly source: string
  readonly limits: WeightLimits
  /** The key that the value is for, where that is known. */
  readonly at: string | undefined
  /** Accounts for values that a call copies: a few opcodes must not make a long list many times over. */
  spend(values: number): void
}

/** The pickle host of PyTorch files: the whole of what their pickles may call. Everything else is refused by its name. */
export function torchHost(source: string, limits: WeightLimits): PickleHost {
  let left = limits.pickleSteps
  const spend = (values: number) => {
    left -= values
    if (left < 0) throw overLimit(source, `the pickle copies more than ${limits.pickleSteps} values`)
  }
  return {
    source,
    steps: limits.pickleSteps,
    call(callee, args, at) {
      const allowed = CALLS.get(callee.path)
      if (!allowed) throw forbidden(source, callee, at)
      return allowed(args, { source, limits, spend, at })
    },
    create(type, args, at) {
      if (!CLASSES.has(type.path) && !type.module.startsWith('__torch__')) throw forbidden(source, type, at)
      if (args.length > 0) throw badWeights(source, `an object of ${quoted(type.path)} is made with arguments`)
      return new PickleObject(type)
    },
    build: (target, state) => build(source, spend, target, state),
    persistent: (id) => storageOf(source, id),
  }
}

/** Classes whose instances are bags of attributes. Modules under __torch__ are TorchScript's own types, data as well. */
const CLASSES: ReadonlySet<string> = new Set(['argparse.Namespace', 'types.SimpleNamespace'])

const forbidden = (source: string, callee: PickleGlobal, at: string | undefined) =>
  unsafeWeights(
    source,
    `the pickle would call ${quoted(callee.path)}${at === undefined ? '' : ` for ${quoted(at)}`}, which is none of the functions that weights need. Nothing was run. ` +
      'If the file is trusted, save its state_dict as safetensors with the program that made it',
  )

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
/** _codecs.encode(text, 'latin1'): how protocol 2 writes bytes. */
const encode: Call = ([text, encoding], { source, spend }) => {
  if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== 'latin-1')) {
    throw badWeights(source, `bytes are written as ${kindOf(text)} in ${kindOf(encoding)}; expected text in latin1`)
  }
  spend(text.length)
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

const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
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

/** BUILD: attributes for an object; the attributes of a dictionary (a state_dict's `_metadata`) say nothing about tensors. */
function build(source: string, spend: CallContext['spend'], target: PickleValue, state: PickleValue): void {
  if (target instanceof PickleDict) return
  if (!(target instanceof PickleObject)) throw badWeights(source, `BUILD on ${kindOf(target)}`)
  if (target.type.path === 'numpy.ndarray') return
  if (target.type.path === 'numpy.dtype') {
    buildNumpyDType(target, state)
    return
  }
  const parts = state instanceof PickleTuple ? state.items : [state]
  for (const part of parts) {
    if (part === null) continue
    if (!(part instanceof PickleDict))
      throw badWeights(source, `BUILD of ${quoted(target.type.path)} with ${kindOf(part)}`)
    spend(part.entries.size)
    for (const [name, value] of part.entries) {
      if (target.attributes.entries.has(name))
        throw badWeights(source, `an object gets the attribute ${kindOf(name)} twice`)
      target.attributes.entries.set(name, value)
    }
  }
}
