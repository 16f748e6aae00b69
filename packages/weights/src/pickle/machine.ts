import { overLimit } from '../refuse.ts'
import type { Cursor } from './cursor.ts'
import { OPCODES, type Opcode, type PickleHost } from './opcodes.ts'
import { PickleStack } from './stack.ts'
import type { PickleValue } from './values.ts'

const STOP = 0x2e
const TABLE: readonly (Opcode | undefined)[] = Array.from({ length: 256 }, (_, byte) => OPCODES.get(byte))

/**
 * Runs one pickle, beginning at `cursor`, which is left behind its STOP. A stack machine of plain data: nothing is imported and
 * nothing is called but what `host` stands in for, there is no recursion, and memory stays in proportion to the bytes.
 * An unknown opcode, a stack that is too short, a missing mark or memo and a key that stands twice are errors.
 * @throws WeightsError 'bad-weights', 'unsafe-weights', 'limit'; PickleEnds when the bytes end before STOP
 */
export function unpickle(cursor: Cursor, host: PickleHost): PickleValue {
  const stack = new PickleStack(host.source, cursor)
  for (let step = 0; step < host.steps; step++) {
    const byte = cursor.byte()
    if (byte === STOP) return stack.result()
    const opcode = TABLE[byte]
    if (!opcode) throw stack.fault(`opcode 0x${byte.toString(16).padStart(2, '0')} is none that a file of weights has`)
    opcode(stack, cursor, host)
  }
  throw overLimit(host.source, `the pickle has more than ${host.steps} opcodes`)
}
