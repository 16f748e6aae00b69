import { DTYPE_BYTES, elementCount, type StateDict, WeightsError } from '@stablesig/weights'
import type { Good } from './corpus.ts'
import { mutate, randomFrom } from './mutate.ts'

/** What became of a mutated file. */
export type Verdict =
  | { readonly kind: 'refused' | 'accepted' }
  | {
      readonly kind: 'fault'
      /** What should not have been. */
      readonly what: string
    }

/** The good file with the faults that `seed` stands for; a piece of another may be put in. */
export function mutated(good: Pick<Good, 'bytes'>, others: readonly Pick<Good, 'bytes'>[], seed: number): Uint8Array {
  const random = randomFrom(seed)
  const other = others[random(others.length)] ?? good
  return mutate(good.bytes, random, other.bytes)
}

/**
 * Opens a file and reads all of it. Right is a WeightsError that a check gave, or tensors that hold together: as many bytes as
 * dtype and shape say, the same at a second reading, what a safetensors header says by another reading of it, and where
 * checksums cover everything, what the good file holds.
 */
export async function judge(good: Good, bytes: Uint8Array): Promise<Verdict> {
  let fault: string | null
  try {
    const state = await good.open(bytes)
    fault = state && (await check(good, bytes, state))
  } catch (error) {
    if (!(error instanceof WeightsError)) return { kind: 'fault', what: told(error) }
    // What `guarded` had to catch is a check that is missing.
    if (error.message.includes('it cannot be read as weights')) return { kind: 'fault', what: told(error.cause) }
    return { kind: 'refused' }
  }
  return fault === null ? { kind: 'accepted' } : { kind: 'fault', what: fault }
}

const told = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

type Read = ReadonlyMap<string, Uint8Array>

async function check(good: Good, bytes: Uint8Array, state: StateDict): Promise<string | null> {
  const read = new Map<string, Uint8Array>()
  for (const [name, tensor] of state.tensors) {
    const data = await tensor.read()
    const size = elementCount(tensor.shape) * DTYPE_BYTES[tensor.dtype]
    if (data.byteLength !== size) return `${name}: ${data.byteLength} bytes, its shape takes ${size}`
    if (!same(data, await tensor.read())) return `${name}: other bytes at the second reading`
    read.set(name, data)
  }
  if (state.format === 'safetensors' && !state.shards) return checkSafetensors(bytes, read)
  return good.sealed ? checkSame(good, read) : null
}

/** Reads a safetensors file again, in the simplest way there is. */
function checkSafetensors(bytes: Uint8Array, read: Read): string | null {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
  if (typeof header !== 'object' || header === null) return 'its header is no object'
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__')
  if (entries.length !== read.size) return `${read.size} tensors of ${entries.length}`
  for (const [name, { data_offsets: offsets }] of entries) {
    const found = read.get(name)
    const stored = bytes.subarray(8 + length + offsets[0], 8 + length + offsets[1])
    if (!found || !same(found, stored)) return `${name}: not the bytes that the header says`
  }
  return null
}

async function checkSame(good: Good, read: Read): Promise<string | null> {
  const before = await good.open(good.bytes)
  if (before?.tensors.size !== read.size) return `${read.size} tensors, there were ${before?.tensors.size}`
  for (const [name, tensor] of before.tensors) {
    const found = read.get(name)
    if (!found || !same(found, await tensor.read())) return `${name}: other bytes, and the checksums did not tell`
  }
  return null
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])
