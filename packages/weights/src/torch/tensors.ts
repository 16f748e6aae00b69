import { DTYPE_BYTES, elementCount, TORCH_STORAGES, torchDType } from '../dtype.ts'
import { WeightsError } from '../errors.ts'
import type { WeightLimits } from '../limits.ts'
import { kindOf, PickleDict, PickleGlobal, PickleTuple, type PickleValue } from '../pickle/values.ts'
import { badWeights, overLimit, quoted, unsupportedWeights } from '../refuse.ts'
import type { DType } from '../state-dict.ts'
import { StorageRef, TensorRef } from './refs.ts'

/** PyTorch allows 64 axes in a few places and 128 in none. */
const MAX_RANK = 64
/** A view may repeat elements (stride 0): up to this many bytes, or so many times its storage, whichever is more. */
const REPEATED_BYTES = 2 ** 24
const REPEATED_TIMES = 4

/**
 * The storage of a persistent id: ("storage", type, key, location, elements), where old streams add a sixth value that is None
 * or (key, offset, elements) of a view. The location, 'cpu' or 'cuda:1', says where it was and does not matter.
 * @throws WeightsError 'bad-weights'
 */
export function storageOf(source: string, id: PickleValue): StorageRef {
  const fail = (what: string) => badWeights(source, `a persistent id is broken: ${what}`)
  if (!(id instanceof PickleTuple)) throw fail(`expected a tuple, found ${kindOf(id)}`)
  const [tag, type, key, location, numel, view = null] = id.items
  if (tag !== 'storage') throw fail(`expected 'storage' first, found ${kindOf(tag)}`)
  if (id.items.length < 5 || id.items.length > 6) throw fail(`expected 5 or 6 values, found ${id.items.length}`)
  if (typeof key !== 'string' || typeof location !== 'string') throw fail('the key or the location is no string')
  if (!isCount(numel)) throw fail(`storage ${quoted(key)} has ${kindOf(numel)} for its size`)
  const dtype = storageType(type)
  if (dtype === undefined) throw fail(`storage ${quoted(key)} is of an unknown type, ${kindOf(type)}`)
  if (view === null) return new StorageRef(key, dtype, numel)
  const [, start, length] = view instanceof PickleTuple ? view.items : []
  if (!isCount(start) || !isCount(length) || start + length > numel)
    throw fail(`the view of storage ${quoted(key)} leaves it`)
  return new StorageRef(key, dtype, length, start)
}

function storageType(type: PickleValue | undefined): DType | null | undefined {
  if (!(type instanceof PickleGlobal)) return undefined
  if (type.path === 'torch.storage.UntypedStorage') return null
  return type.module === 'torch' ? TORCH_STORAGES.get(type.name) : undefined
}

/**
 * torch._utils._rebuild_tensor(storage, offset, size, stride), its successors _v2 (…, requires_grad, hooks, {'neg': True}?) and
 * _v3 (…, requires_grad, hooks, dtype, {'neg': True}?). Sizes and strides are checked here, once: the view lies in its storage.
 * @throws WeightsError 'bad-weights', 'limit' for one that repeats its storage beyond all use, 'unsupported'
 */
export function rebuildTensor(
  source: string,
  limits: WeightLimits,
  version: 1 | 2 | 3,
  args: readonly PickleValue[],
  at: string | undefined,
): TensorRef {
  const [storage, offset, size, stride, , , ...rest] = args
  const what = at === undefined ? 'a tensor' : `tensor ${quoted(at)}`
  const fail = (fault: string) => badWeights(source, `${what}: ${fault}`)
  const [fewest, most] = { 1: [4, 4], 2: [6, 7], 3: [7, 8] }[version] as [number, number]
  if (args.length < fewest || args.length > most) throw fail(`${args.length} arguments, expected ${fewest} to ${most}`)
  if (!(storage instanceof StorageRef)) throw fail(`expected a storage, found ${kindOf(storage)}`)
  const dtype = version === 3 ? dtypeOf(source, what, rest[0]) : storage.dtype
  if (dtype === null) throw fail('an untyped storage without a dtype')
  const shape = counts(size)
  const strides = counts(stride)
  if (!shape || !strides || !isCount(offset)) {
    throw fail('its shape, strides or offset are not whole numbers from 0')
  }
  const tensor = new TensorRef(storage, dtype, offset, shape, strides, isNegated(fail, rest[version === 3 ? 1 : 0]))
  checkView(source, what, limits, tensor)
  return tensor
}

function checkView(source: string, name: string, limits: WeightLimits, tensor: TensorRef): void {
  const { storage, dtype, offset, shape, stride } = tensor
  if (shape.length > MAX_RANK) {
    throw new WeightsError('limit', `${source}: ${name} has ${shape.length} axes; ${MAX_RANK} are read at most`)
  }
  const what = `${name} of shape [${shape.slice(0, 9).join(', ')}] in storage ${quoted(storage.key)}`
  if (shape.length !== stride.length) throw badWeights(source, `${what} has ${stride.length} strides`)
  const elements = elementCount(shape)
  const bytes = elements * DTYPE_BYTES[dtype]
  if (!(bytes <= limits.tensorBytes)) throw overLimit(source, `${what} takes more than ${limits.tensorBytes} bytes`)
  // An untyped storage counts bytes, and its tensor counts elements.
  const capacity = storage.dtype === null ? Math.floor(storage.numel / DTYPE_BYTES[dtype]) : storage.numel
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * (stride[axis] ?? 0), offset)
  if (elements === 0 ? offset > capacity : !(last < capacity)) {
    throw badWeights(
      source,
      `${what} with strides [${stride.slice(0, 9).join(', ')}] from ${offset} leaves its ${capacity} elements`,
    )
  }
  const allowed = Math.max(REPEATED_BYTES, REPEATED_TIMES * capacity * DTYPE_BYTES[dtype])
  if (bytes > allowed) throw overLimit(source, `${what} repeats its ${capacity} elements into ${bytes} bytes`)
}

function dtypeOf(source: string, what: string, value: PickleValue | undefined): DType {
  if (value instanceof PickleGlobal && value.module === 'torch') {
    const dtype = torchDType(value.name)
    if (dtype) return dtype
    throw unsupportedWeights(source, `${what} has dtype torch.${value.name}, which is not read`)
  }
  throw badWeights(source, `${what} has ${kindOf(value)} for its dtype`)
}

/** The last argument tells what a view does to its values: {} nothing, {'neg': True} turns the sign; nothing else is known. */
function isNegated(fail: (what: string) => WeightsError, marks: PickleValue | undefined): boolean {
  if (marks === undefined || marks === null) return false
  if (!(marks instanceof PickleDict)) throw fail(`expected a dict of marks, found ${kindOf(marks)}`)
  for (const [mark, value] of marks.entries) {
    if (typeof value !== 'boolean' || (mark !== 'neg' && value))
      throw fail(`it is marked ${kindOf(mark)}, which is not known`)
  }
  return marks.entries.get('neg') === true
}

const isCount = (value: PickleValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

function counts(value: PickleValue | undefined): number[] | null {
  if (!(value instanceof PickleTuple)) return null
  const numbers: number[] = []
  for (const item of value.items) {
    if (!isCount(item)) return null
    numbers.push(item)
  }
  return numbers
}
