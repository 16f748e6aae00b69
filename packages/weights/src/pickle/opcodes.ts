import { unsafeWeights } from '../refuse.ts'
import { type Cursor, PickleEnds } from './cursor.ts'
import { floatFromText, integerFromBytes, integerFromText } from './numbers.ts'
import type { PickleStack } from './stack.ts'
import { kindOf, PickleDict, PickleGlobal, PickleList, PickleTuple, type PickleValue } from './values.ts'

/** What a pickle may do beyond building plain data. Each throws a WeightsError for what it does not know. */
export interface PickleHost {
  /** What errors call the pickle. */
  readonly source: string
  /** Greatest number of opcodes. */
  readonly steps: number
  /** REDUCE: the value that calling `callee` with `args` stands for. `at` is the key it is for, where that is known. */
  call(callee: PickleGlobal, args: readonly PickleValue[], at: string | undefined): PickleValue
  /** NEWOBJ: an instance of `type`. */
  create(type: PickleGlobal, args: readonly PickleValue[], at: string | undefined): PickleValue
  /** BUILD: gives `target` its state. */
  build(target: PickleValue, state: PickleValue): void
  /** BINPERSID: the storage that a persistent id names. */
  persistent(id: PickleValue): PickleValue
}

export type Opcode = (stack: PickleStack, cursor: Cursor, host: PickleHost) => void

/** Longest integer, in bytes: enough for any that Python programs keep. */
const INTEGER_BYTES = 1024
const NEWEST_PROTOCOL = 5

const proto: Opcode = (stack, cursor) => {
  const version = cursor.byte()
  if (version > NEWEST_PROTOCOL) throw stack.fault(`protocol ${version}; the newest is ${NEWEST_PROTOCOL}`)
}

const frame: Opcode = (_, cursor) => {
  const length = cursor.uint64()
  if (length > cursor.bytes.length - cursor.at) throw new PickleEnds(`byte ${cursor.at}: a frame of ${length} bytes`)
}

const textInteger: Opcode = (stack, cursor) => {
  const value = integerFromText(stack.text(cursor.line()))
  if (value === null) throw stack.fault('text that is no whole number')
  stack.push(value)
}

const textFloat: Opcode = (stack, cursor) => {
  const value = floatFromText(stack.text(cursor.line()))
  if (value === null) throw stack.fault('text that is no number')
  stack.push(value)
}

const long = (stack: PickleStack, cursor: Cursor, length: number): void => {
  if (length < 0 || length > INTEGER_BYTES) throw stack.fault(`an integer of ${length} bytes`)
  stack.push(integerFromBytes(cursor.take(length)))
}

const setItem: Opcode = (stack) => {
  const value = stack.pop()
  const key = stack.pop()
  stack.setItems([key, value])
}

const stackGlobal: Opcode = (stack) => {
  const name = stack.pop()
  stack.push(stack.global(stack.pop(), name))
}

/** The two values of a call: what is called and with what. */
function popCall(stack: PickleStack): [PickleGlobal, readonly PickleValue[]] {
  const args = stack.pop()
  const callee = stack.pop()
  if (!(args instanceof PickleTuple)) throw stack.fault(`${kindOf(args)} stands for the arguments of a call`)
  if (!(callee instanceof PickleGlobal)) throw stack.fault(`${kindOf(callee)} is called`)
  return [callee, args.items]
}

const reduce: Opcode = (stack, _, host) => {
  const [callee, args] = popCall(stack)
  stack.push(host.call(callee, args, stack.nearestKey()))
}

const newObject: Opcode = (stack, _, host) => {
  const [type, args] = popCall(stack)
  stack.push(host.create(type, args, stack.nearestKey()))
}

const build: Opcode = (stack, _, host) => {
  const state = stack.pop()
  host.build(stack.top(), state)
}

const calls =
  (name: string): Opcode =>
  (_, __, host) => {
    throw unsafeWeights(host.source, `the pickle calls code by its opcode ${name}, which no file of weights has`)
  }

/** Opcodes by their byte, as Python's Lib/pickletools.py documents them. What is not here is refused. */
export const OPCODES: ReadonlyMap<number, Opcode> = new Map<number, Opcode>([
  [0x80, proto],
  [0x95, frame],
  // The stack.
  [0x28, (stack) => stack.mark()],
  [0x30, (stack) => stack.drop()], // POP
  [0x31, (stack) => void stack.toMark()], // POP_MARK
  [0x32, (stack) => stack.push(stack.top())], // DUP
  // The memo.
  [0x68, (stack, cursor) => stack.recall(cursor.byte())], // BINGET
  [0x6a, (stack, cursor) => stack.recall(cursor.uint32())], // LONG_BINGET
  [0x71, (stack, cursor) => stack.remember(cursor.byte())], // BINPUT
  [0x72, (stack, cursor) => stack.remember(cursor.uint32())], // LONG_BINPUT
  [0x94, (stack) => stack.memoize()],
  // Numbers.
  [0x4e, (stack) => stack.push(null)],
  [0x88, (stack) => stack.push(true)],
  [0x89, (stack) => stack.push(false)],
  [0x4b, (stack, cursor) => stack.push(cursor.byte())], // BININT1
  [0x4d, (stack, cursor) => stack.push(cursor.uint16())], // BININT2
  [0x4a, (stack, cursor) => stack.push(cursor.int32())], // BININT
  [0x8a, (stack, cursor) => long(stack, cursor, cursor.byte())], // LONG1
  [0x8b, (stack, cursor) => long(stack, cursor, cursor.int32())], // LONG4
  [0x47, (stack, cursor) => stack.push(cursor.float64())], // BINFLOAT
  [0x49, textInteger], // INT
  [0x4c, textInteger], // LONG
  [0x46, textFloat], // FLOAT
  // Text: Python 2's str (BINSTRING) is text in all that PyTorch wrote.
  [0x58, (stack, cursor) => stack.push(stack.text(cursor.take(cursor.uint32())))], // BINUNICODE
  [0x8c, (stack, cursor) => stack.push(stack.text(cursor.take(cursor.byte())))], // SHORT_BINUNICODE
  [0x8d, (stack, cursor) => stack.push(stack.text(cursor.take(cursor.uint64())))], // BINUNICODE8
  [0x55, (stack, cursor) => stack.push(stack.text(cursor.take(cursor.byte())))], // SHORT_BINSTRING
  [0x54, (stack, cursor) => stack.push(stack.text(cursor.take(cursor.uint32())))], // BINSTRING
  [0x43, (stack, cursor) => stack.push(cursor.take(cursor.byte()))], // SHORT_BINBYTES
  [0x42, (stack, cursor) => stack.push(cursor.take(cursor.uint32()))], // BINBYTES
  [0x8e, (stack, cursor) => stack.push(cursor.take(cursor.uint64()))], // BINBYTES8
  [0x96, (stack, cursor) => stack.push(cursor.take(cursor.uint64()))], // BYTEARRAY8
  // Containers.
  [0x29, (stack) => stack.tuple(0)],
  [0x85, (stack) => stack.tuple(1)],
  [0x86, (stack) => stack.tuple(2)],
  [0x87, (stack) => stack.tuple(3)],
  [0x74, (stack) => stack.push(new PickleTuple(stack.toMark()))], // TUPLE
  [0x5d, (stack) => stack.push(new PickleList())], // EMPTY_LIST
  [0x6c, (stack) => stack.push(stack.list(stack.toMark()))], // LIST
  [0x61, (stack) => stack.append([stack.pop()])], // APPEND
  [0x65, (stack) => stack.append(stack.toMark())], // APPENDS
  [0x7d, (stack) => stack.push(new PickleDict())], // EMPTY_DICT
  [0x64, (stack) => stack.push(stack.fill(new PickleDict(), stack.toMark()))], // DICT
  [0x73, setItem],
  [0x75, (stack) => stack.setItems(stack.toMark())], // SETITEMS
  // What reaches outside the pickle.
  [0x63, (stack, cursor) => stack.push(stack.global(stack.text(cursor.line()), stack.text(cursor.line())))], // GLOBAL
  [0x93, stackGlobal],
  [0x52, reduce],
  [0x81, newObject],
  [0x62, build],
  [0x51, (stack, _, host) => stack.push(host.persistent(stack.pop()))], // BINPERSID
  [0x69, calls('INST')],
  [0x6f, calls('OBJ')],
  [0x92, calls('NEWOBJ_EX')],
  [0x82, calls('EXT1')],
  [0x83, calls('EXT2')],
  [0x84, calls('EXT4')],
])
