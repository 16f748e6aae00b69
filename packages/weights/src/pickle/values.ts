import type { StorageRef, TensorRef } from '../torch/refs.ts'

/**
 * What an unpickled value can be: plain data, tensors not yet read, and names of code that is never run. Whole numbers that
 * a double cannot hold are bigints.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleSet
  | PickleGlobal
  | PickleObject
  | StorageRef
  | TensorRef

export class PickleList {
  readonly items: PickleValue[] = []
}

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

export class PickleSet {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** A dictionary of any kind (dict, OrderedDict), by key. */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>()
}

/** Something importable that the pickle names. It is a name here, nothing else. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  get path(): string {
    return `${this.module}.${this.name}`
  }
}

/** An instance of a class: its class's name and its attributes, which BUILD sets. */
export class PickleObject {
  readonly attributes = new PickleDict()
  constructor(readonly type: PickleGlobal) {}
}

/** What kind of value it is, in Python's words, for messages. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'None'
  if (typeof value === 'boolean') return 'a bool'
  if (typeof value === 'number') return Number.isInteger(value) ? `the number ${value}` : 'a float'
  if (typeof value === 'bigint') return 'an int beyond 2^53'
  if (typeof value === 'string') return 'a string'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof PickleList) return 'a list'
  if (value instanceof PickleTuple) return `a tuple of ${value.items.length}`
  if (value instanceof PickleSet) return 'a set'
  if (value instanceof PickleDict) return 'a dict'
  if (value instanceof PickleGlobal) return `the name ${value.path}`
  if (value instanceof PickleObject) return `an object of ${value.type.path}`
  return value.kind
}
