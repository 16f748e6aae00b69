import type { WeightsError } from '../errors.ts'
import { badWeights, quoted } from '../refuse.ts'
import type { Cursor } from './cursor.ts'
import { kindOf, PickleDict, PickleGlobal, PickleList, PickleTuple, type PickleValue } from './values.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A pickle machine's stack and memo: every operation checks what it needs and throws 'bad-weights' where it is not there. */
export class PickleStack {
  private values: PickleValue[] = []
  /** The stacks below each open MARK. */
  private readonly below: PickleValue[][] = []
  private readonly memo = new Map<number, PickleValue>()
  private readonly globals = new Map<string, PickleGlobal>()

  constructor(
    private readonly source: string,
    private readonly cursor: Cursor,
  ) {}

  /** What is wrong, and where. */
  fault(what: string): WeightsError {
    return badWeights(this.source, `the pickle is broken before its byte ${this.cursor.at}: ${what}`)
  }

  push(value: PickleValue): void {
    this.values.push(value)
  }

  pop(): PickleValue {
    const value = this.values.pop()
    if (value === undefined) throw this.fault('the stack is empty')
    return value
  }

  top(): PickleValue {
    const value = this.values.at(-1)
    if (value === undefined) throw this.fault('the stack is empty')
    return value
  }

  mark(): void {
    this.below.push(this.values)
    this.values = []
  }

  /** The values above the last MARK, which goes. */
  toMark(): PickleValue[] {
    const below = this.below.pop()
    if (!below) throw this.fault('there is no MARK')
    const above = this.values
    this.values = below
    return above
  }

  /** POP takes a MARK where nothing stands above it. */
  drop(): void {
    if (this.values.length > 0) this.values.pop()
    else this.toMark()
  }

  /** The pickle's value, when it is all there is. */
  result(): PickleValue {
    if (this.below.length > 0 || this.values.length !== 1)
      throw this.fault('STOP with other than one value on the stack')
    return this.pop()
  }

  /** The text nearest to the top: while a dictionary's value is being made, its key. */
  nearestKey(): string | undefined {
    for (const stack of [this.values, this.below.at(-1) ?? []]) {
      // A call around this one stands between: its function's name, no more.
      const value = stack.slice(-2).findLast((candidate) => !(candidate instanceof PickleGlobal))
      if (value !== undefined) return typeof value === 'string' ? value : undefined
    }
    return undefined
  }

  tuple(count: number): void {
    if (this.values.length < count) throw this.fault('the stack is too short')
    this.push(new PickleTuple(this.values.splice(this.values.length - count)))
  }

  list(items: readonly PickleValue[]): PickleList {
    const list = new PickleList()
    for (const item of items) list.items.push(item)
    return list
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top()
    if (!(list instanceof PickleList)) throw this.fault(`APPEND to ${kindOf(list)}`)
    for (const item of items) list.items.push(item)
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.top()
    if (!(dict instanceof PickleDict)) throw this.fault(`SETITEM on ${kindOf(dict)}`)
    this.fill(dict, items)
  }

  /** @param items key, value, key, value, … */
  fill(dict: PickleDict, items: readonly PickleValue[]): PickleDict {
    if (items.length % 2 !== 0) throw this.fault('a key without a value')
    for (let i = 0; i + 1 < items.length; i += 2) {
      const key = items[i] ?? null
      if (!isKey(key)) throw this.fault(`${kindOf(key)} as a dictionary key`)
      if (dict.entries.has(key)) {
        throw this.fault(`the key ${typeof key === 'string' ? quoted(key) : kindOf(key)} stands twice in a dictionary`)
      }
      dict.entries.set(key, items[i + 1] ?? null)
    }
    return dict
  }

  remember(index: number): void {
    this.memo.set(index, this.top())
  }

  /** MEMOIZE counts for itself. */
  memoize(): void {
    this.remember(this.memo.size)
  }

  recall(index: number): void {
    const value = this.memo.get(index)
    if (value === undefined) throw this.fault(`memo ${index} was never stored`)
    this.push(value)
  }

  /** One object a name, so that a name is equal to itself as a key. */
  global(module: PickleValue, name: PickleValue): PickleGlobal {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.fault('a global whose name is no text')
    const path = `${module}\n${name}`
    const known = this.globals.get(path) ?? new PickleGlobal(module, name)
    this.globals.set(path, known)
    return known
  }

  text(bytes: Uint8Array): string {
    try {
      return UTF8.decode(bytes)
    } catch {
      throw this.fault('text that is not UTF-8')
    }
  }
}

/** What Python can hash, less what has no use as a key here. */
function isKey(value: PickleValue): boolean {
  return (
    value === null ||
    typeof value !== 'object' ||
    value instanceof PickleTuple ||
    value instanceof PickleGlobal ||
    value instanceof Uint8Array
  )
}
