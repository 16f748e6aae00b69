import type { StableSigError } from '../../errors.ts'
import { badWeights, overLimit, quoted, unsafeWeights } from '../refuse.ts'
import type { Cursor } from './cursor.ts'
import { kindOf, PickleDict, PickleGlobal, PickleList, PickleTuple, type PickleValue } from './values.ts'

/** What a pickle may do beyond building plain data. Each throws a StableSigError for what it does not know. */
export interface PickleHost {
  /** What errors call the pickle. */
  readonly source: string
  /** Greatest number of opcodes. */
  readonly steps: number
  /** REDUCE: the value that calling `callee` with `args` stands for. */
  call(callee: PickleGlobal, args: readonly PickleValue[]): PickleValue
  /** NEWOBJ: an instance of `type`. */
  create(type: PickleGlobal, args: readonly PickleValue[]): PickleValue
  /** BUILD: gives `target` its state. */
  build(target: PickleValue, state: PickleValue): void
  /** BINPERSID: the storage that a persistent id names. */
  persistent(id: PickleValue): PickleValue
}

/** Longest integer, in bytes: enough for any that Python programs keep. */
const INTEGER_BYTES = 1024
const NEWEST_PROTOCOL = 5
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Runs one pickle, beginning at `cursor`, which is left behind its STOP. A stack machine of plain data: nothing is imported and
 * nothing is called but what `host` allows, there is no recursion, and memory stays in proportion to the bytes.
 * Not knowing an opcode, a stack that is too short, a missing mark or memo and a duplicate key are errors.
 * @throws StableSigError 'bad-weights', 'unsafe-weights', 'limit'; PickleEnds when the bytes end before STOP
 * @see Python's Lib/pickletools.py, which documents every opcode
 */
export function unpickle(cursor: Cursor, host: PickleHost): PickleValue {
  return new Machine(cursor, host).run()
}

class Machine {
  private stack: PickleValue[] = []
  /** The stacks below each open MARK. */
  private readonly below: PickleValue[][] = []
  private readonly memo = new Map<number, PickleValue>()
  private readonly globals = new Map<string, PickleGlobal>()

  constructor(
    private readonly cursor: Cursor,
    private readonly host: PickleHost,
  ) {}

  run(): PickleValue {
    for (let step = 0; step < this.host.steps; step++) {
      const opcode = this.cursor.byte()
      if (opcode === 0x2e) return this.stop()
      this.step(opcode)
    }
    throw overLimit(this.host.source, `the pickle has more than ${this.host.steps} opcodes`)
  }

  private fail(what: string): StableSigError {
    return badWeights(this.host.source, `the pickle is broken before its byte ${this.cursor.at}: ${what}`)
  }

  private stop(): PickleValue {
    if (this.below.length > 0 || this.stack.length !== 1) throw this.fail('STOP with other than one value on the stack')
    return this.pop()
  }

  private push(value: PickleValue): void {
    this.stack.push(value)
  }

  private pop(): PickleValue {
    const value = this.stack.pop()
    if (value === undefined) throw this.fail('the stack is empty')
    return value
  }

  private top(): PickleValue {
    const value = this.stack.at(-1)
    if (value === undefined) throw this.fail('the stack is empty')
    return value
  }

  /** The values above the last MARK, which goes. */
  private toMark(): PickleValue[] {
    const below = this.below.pop()
    if (!below) throw this.fail('there is no MARK')
    const above = this.stack
    this.stack = below
    return above
  }

  private text(bytes: Uint8Array): string {
    try {
      return UTF8.decode(bytes)
    } catch {
      throw this.fail('text that is not UTF-8')
    }
  }

  private remember(index: number): void {
    this.memo.set(index, this.top())
  }

  private recall(index: number): void {
    const value = this.memo.get(index)
    if (value === undefined) throw this.fail(`memo ${index} was never stored`)
    this.push(value)
  }

  private integer(bytes: Uint8Array): PickleValue {
    let hex = ''
    for (const byte of bytes) hex = byte.toString(16).padStart(2, '0') + hex
    const signed = BigInt.asIntN(8 * bytes.length, BigInt(`0x0${hex}`))
    const small = Number(signed)
    return Number.isSafeInteger(small) ? small : signed
  }

  private global(module: PickleValue, name: PickleValue): PickleGlobal {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.fail('a global whose name is no text')
    const path = `${module}\n${name}`
    const known = this.globals.get(path)
    if (known) return known
    const made = new PickleGlobal(module, name)
    this.globals.set(path, made)
    return made
  }

  private callee(value: PickleValue): PickleGlobal {
    if (value instanceof PickleGlobal) return value
    throw this.fail(`${kindOf(value)} is called`)
  }

  private tuple(value: PickleValue): readonly PickleValue[] {
    if (value instanceof PickleTuple) return value.items
    throw this.fail(`${kindOf(value)} stands for the arguments of a call`)
  }

  private append(items: readonly PickleValue[]): void {
    const list = this.top()
    if (!(list instanceof PickleList)) throw this.fail(`APPEND to ${kindOf(list)}`)
    for (const item of items) list.items.push(item)
  }

  private setItems(items: readonly PickleValue[]): void {
    const dict = this.top()
    if (!(dict instanceof PickleDict)) throw this.fail(`SETITEM on ${kindOf(dict)}`)
    this.fill(dict, items)
  }

  private fill(dict: PickleDict, items: readonly PickleValue[]): PickleDict {
    if (items.length % 2 !== 0) throw this.fail('a key without a value')
    for (let i = 0; i + 1 < items.length; i += 2) {
      const key = items[i] ?? null
      if (!isKey(key)) throw this.fail(`${kindOf(key)} as a dictionary key`)
      if (dict.entries.has(key)) {
        throw this.fail(`the key ${typeof key === 'string' ? quoted(key) : kindOf(key)} stands twice in a dictionary`)
      }
      dict.entries.set(key, items[i + 1] ?? null)
    }
    return dict
  }

  private list(items: readonly PickleValue[]): PickleList {
    const list = new PickleList()
    for (const item of items) list.items.push(item)
    return list
  }

  private tupleOf(count: number): void {
    if (this.stack.length < count) throw this.fail('the stack is too short')
    this.push(new PickleTuple(this.stack.splice(this.stack.length - count)))
  }

  /** Text form of an integer; protocol 0 writes booleans as 00 and 01, and longs with an L. */
  private textInteger(line: string): PickleValue {
    if (line === '00' || line === '01') return line === '01'
    const digits = line.replace(/L$/, '')
    if (!/^[+-]?\d{1,2466}$/.test(digits)) throw this.fail(`${quoted(line)} is no whole number`)
    const value = BigInt(digits.replace('+', ''))
    const small = Number(value)
    return Number.isSafeInteger(small) ? small : value
  }

  private textFloat(line: string): number {
    const special = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY }[line]
    if (special !== undefined) return special
    if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/.test(line)) throw this.fail(`${quoted(line)} is no number`)
    return Number(line)
  }

  private long(length: number): void {
    if (length < 0 || length > INTEGER_BYTES) throw this.fail(`an integer of ${length} bytes`)
    this.push(this.integer(this.cursor.take(length)))
  }

  private step(opcode: number): void {
    const { cursor, host } = this
    switch (opcode) {
      case 0x80: {
        // PROTO
        const version = cursor.byte()
        if (version > NEWEST_PROTOCOL) throw this.fail(`protocol ${version}; the newest is ${NEWEST_PROTOCOL}`)
        break
      }
      case 0x95: {
        // FRAME
        const length = cursor.uint64()
        if (length > cursor.bytes.length - cursor.at)
          throw this.fail(`a frame of ${length} bytes, longer than the pickle`)
        break
      }
      case 0x28: // MARK
        this.below.push(this.stack)
        this.stack = []
        break
      case 0x30: // POP, of a MARK where nothing stands above it
        if (this.stack.length > 0) this.stack.pop()
        else this.toMark()
        break
      case 0x31: // POP_MARK
        this.toMark()
        break
      case 0x32: // DUP
        this.push(this.top())
        break
      case 0x4e: // NONE
        this.push(null)
        break
      case 0x88: // NEWTRUE
        this.push(true)
        break
      case 0x89: // NEWFALSE
        this.push(false)
        break
      case 0x4b: // BININT1
        this.push(cursor.byte())
        break
      case 0x4d: // BININT2
        this.push(cursor.uint16())
        break
      case 0x4a: // BININT
        this.push(cursor.int32())
        break
      case 0x8a: // LONG1
        this.long(cursor.byte())
        break
      case 0x8b: // LONG4
        this.long(cursor.int32())
        break
      case 0x49: // INT
      case 0x4c: // LONG
        this.push(this.textInteger(this.text(cursor.line())))
        break
      case 0x46: // FLOAT
        this.push(this.textFloat(this.text(cursor.line())))
        break
      case 0x47: // BINFLOAT
        this.push(cursor.float64())
        break
      case 0x58: // BINUNICODE
        this.push(this.text(cursor.take(cursor.uint32())))
        break
      case 0x8c: // SHORT_BINUNICODE
        this.push(this.text(cursor.take(cursor.byte())))
        break
      case 0x8d: // BINUNICODE8
        this.push(this.text(cursor.take(cursor.uint64())))
        break
      case 0x55: // SHORT_BINSTRING: Python 2's str, which is text in all that PyTorch wrote
        this.push(this.text(cursor.take(cursor.byte())))
        break
      case 0x54: // BINSTRING
        this.push(this.text(cursor.take(cursor.uint32())))
        break
      case 0x43: // SHORT_BINBYTES
        this.push(cursor.take(cursor.byte()))
        break
      case 0x42: // BINBYTES
        this.push(cursor.take(cursor.uint32()))
        break
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        this.push(cursor.take(cursor.uint64()))
        break
      case 0x29: // EMPTY_TUPLE
        this.push(new PickleTuple([]))
        break
      case 0x85: // TUPLE1
        this.tupleOf(1)
        break
      case 0x86: // TUPLE2
        this.tupleOf(2)
        break
      case 0x87: // TUPLE3
        this.tupleOf(3)
        break
      case 0x74: {
        // TUPLE
        const items = this.toMark()
        this.push(new PickleTuple(items))
        break
      }
      case 0x5d: // EMPTY_LIST
        this.push(new PickleList())
        break
      case 0x6c: {
        // LIST
        const items = this.toMark()
        this.push(this.list(items))
        break
      }
      case 0x61: {
        // APPEND
        const item = this.pop()
        this.append([item])
        break
      }
      case 0x65: {
        // APPENDS
        const items = this.toMark()
        this.append(items)
        break
      }
      case 0x7d: // EMPTY_DICT
        this.push(new PickleDict())
        break
      case 0x64: {
        // DICT
        const items = this.toMark()
        this.push(this.fill(new PickleDict(), items))
        break
      }
      case 0x73: {
        // SETITEM
        const value = this.pop()
        const key = this.pop()
        this.setItems([key, value])
        break
      }
      case 0x75: {
        // SETITEMS
        const items = this.toMark()
        this.setItems(items)
        break
      }
      case 0x68: // BINGET
        this.recall(cursor.byte())
        break
      case 0x6a: // LONG_BINGET
        this.recall(cursor.uint32())
        break
      case 0x71: // BINPUT
        this.remember(cursor.byte())
        break
      case 0x72: // LONG_BINPUT
        this.remember(cursor.uint32())
        break
      case 0x94: // MEMOIZE
        this.remember(this.memo.size)
        break
      case 0x63: {
        // GLOBAL
        const module = this.text(cursor.line())
        this.push(this.global(module, this.text(cursor.line())))
        break
      }
      case 0x93: {
        // STACK_GLOBAL
        const name = this.pop()
        this.push(this.global(this.pop(), name))
        break
      }
      case 0x52: {
        // REDUCE
        const args = this.tuple(this.pop())
        this.push(host.call(this.callee(this.pop()), args))
        break
      }
      case 0x81: {
        // NEWOBJ
        const args = this.tuple(this.pop())
        this.push(host.create(this.callee(this.pop()), args))
        break
      }
      case 0x62: {
        // BUILD
        const state = this.pop()
        host.build(this.top(), state)
        break
      }
      case 0x51: // BINPERSID
        this.push(host.persistent(this.pop()))
        break
      case 0x69: // INST, OBJ, NEWOBJ_EX, EXT1, EXT2, EXT4: they call, and no file of weights has them
      case 0x6f:
      case 0x92:
      case 0x82:
      case 0x83:
      case 0x84:
        throw unsafeWeights(
          host.source,
          `the pickle calls code by opcode 0x${opcode.toString(16)}, which no file of weights has`,
        )
      default: {
        const hex = opcode.toString(16).padStart(2, '0')
        throw this.fail(`opcode 0x${hex} is none that a file of weights has`)
      }
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
