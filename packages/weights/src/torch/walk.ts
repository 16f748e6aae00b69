import type { WeightLimits } from '../limits.ts'
import { PickleDict, PickleGlobal, PickleList, PickleObject, PickleTuple, type PickleValue } from '../pickle/values.ts'
import { badWeights, overLimit, quoted } from '../refuse.ts'
import type { Scalar } from '../state-dict.ts'
import { TensorRef } from './refs.ts'

/** Plain values kept at most, and the longest text among them: they are for a look, and some files hold whole logs. */
const SCALARS = 4096
const SCALAR_TEXT = 4096
/** Longest name of a tensor. */
const NAME = 4096

/** What a pickle's value holds, by path. */
export interface Contents {
  readonly tensors: ReadonlyMap<string, TensorRef>
  readonly scalars: ReadonlyMap<string, Scalar>
}

/**
 * The tensors and plain values inside nested dicts, lists, tuples and objects, in their order. A name is the keys and indices
 * on the way, joined by `separator`. Bounded by `limits`: a value that stands at many places is met as often, and one inside
 * itself is an error.
 * @throws WeightsError 'bad-weights' for a cycle or a name that comes about twice; 'limit' for depth and number
 */
export function collect(source: string, root: PickleValue, separator: '/' | '.', limits: WeightLimits): Contents {
  const tensors = new Map<string, TensorRef>()
  const scalars = new Map<string, Scalar>()
  const open = new Set<PickleValue>()
  let met = 0
  const visit = (value: PickleValue, name: string, depth: number): void => {
    if (++met > limits.values) throw overLimit(source, `more than ${limits.values} values lie between its tensors`)
    if (value instanceof TensorRef) {
      if (name.length > NAME)
        throw overLimit(source, `a tensor's name has ${name.length} characters, the limit is ${NAME}`)
      if (tensors.has(name)) throw badWeights(source, `two tensors are named ${quoted(name)}`)
      if (tensors.size >= limits.tensors) throw overLimit(source, `it holds more than ${limits.tensors} tensors`)
      tensors.set(name, value)
      return
    }
    const children = childrenOf(value)
    if (!children) {
      if (scalars.size < SCALARS && isScalar(value)) scalars.set(name, value)
      return
    }
    if (depth >= limits.depth) throw overLimit(source, `values are nested more than ${limits.depth} deep`)
    if (open.has(value)) throw badWeights(source, `the value at ${quoted(name)} contains itself`)
    open.add(value)
    for (const [key, child] of children) visit(child, depth === 0 ? key : name + separator + key, depth + 1)
    open.delete(value)
  }
  visit(root, '', 0)
  return { tensors, scalars }
}

function childrenOf(value: PickleValue): Iterable<readonly [string, PickleValue]> | null {
  if (value instanceof PickleDict) return named(value)
  if (value instanceof PickleObject) return named(value.attributes)
  if (value instanceof PickleList || value instanceof PickleTuple) return numbered(value.items)
  return null
}

function* named(dict: PickleDict): Iterable<readonly [string, PickleValue]> {
  for (const [key, value] of dict.entries) yield [keyText(key), value]
}

function* numbered(items: readonly PickleValue[]): Iterable<readonly [string, PickleValue]> {
  for (const [index, value] of items.entries()) yield [`${index}`, value]
}

/** A key as part of a name, as Python's str() has it. */
function keyText(key: PickleValue): string {
  if (key instanceof PickleGlobal) return key.path
  if (key === null) return 'None'
  if (typeof key === 'boolean') return key ? 'True' : 'False'
  return typeof key === 'object' ? '?' : `${key}`
}

const isScalar = (value: PickleValue): value is Scalar =>
  value === null ||
  typeof value === 'boolean' ||
  typeof value === 'number' ||
  typeof value === 'bigint' ||
  (typeof value === 'string' && value.length <= SCALAR_TEXT)
