import { swapBytes } from '../convert.ts'
import { DTYPE_BYTES } from '../dtype.ts'
import { badWeights, guarded, quoted } from '../refuse.ts'
import type { StateTensor } from '../state-dict.ts'
import { gather, isContiguous, negate, reach } from './gather.ts'
import type { StorageRef, TensorRef } from './refs.ts'

/** The bytes of one storage, read by ranges. */
export interface StorageBytes {
  readonly size: number
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Where storages lie, by their key. */
export type FindStorage = (key: string) => StorageBytes | undefined

/**
 * Ties tensors to their storages. Each storage must be there and have the very size that its tensors say, in one dtype.
 * Nothing is read: a tensor's `read` fetches the elements it reaches and puts them in row-major, little-endian order.
 * @throws WeightsError 'bad-weights' naming the tensor
 */
export function bindTensors(
  source: string,
  refs: ReadonlyMap<string, TensorRef>,
  find: FindStorage,
  bigEndian: boolean,
): ReadonlyMap<string, StateTensor> {
  const known = new Map<string, StorageRef>()
  const tensors = new Map<string, StateTensor>()
  for (const [name, ref] of refs) {
    const what = `tensor ${quoted(name)}: storage ${quoted(ref.storage.key)}`
    const bytes = find(ref.storage.key)
    if (!bytes) throw badWeights(source, `${what} is not in the file`)
    const seen = known.get(ref.storage.key) ?? ref.storage
    if (seen.dtype !== ref.storage.dtype)
      throw badWeights(source, `${what} is of two types, ${seen.dtype} and ${ref.storage.dtype}`)
    known.set(ref.storage.key, ref.storage)
    const { start, numel, dtype } = ref.storage
    const expected = (start + numel) * (dtype === null ? 1 : DTYPE_BYTES[dtype])
    if (start === 0 ? bytes.size !== expected : bytes.size < expected) {
      throw badWeights(
        source,
        `${what} should have ${expected} bytes (${numel} of ${dtype ?? 'bytes'}) and has ${bytes.size}`,
      )
    }
    tensors.set(name, bind(source, ref, bytes, bigEndian))
  }
  return tensors
}

function bind(source: string, ref: TensorRef, storage: StorageBytes, bigEndian: boolean): StateTensor {
  const { dtype, shape } = ref
  const size = DTYPE_BYTES[dtype]
  const { first, length } = reach(ref)
  const read = async () => {
    const found = await storage.read((ref.storage.start + first) * size, length * size)
    const contiguous = isContiguous(ref)
    if (contiguous && !bigEndian && !ref.negated) return found
    const bytes = contiguous ? found.slice() : gather(found, ref, size)
    if (bigEndian) swapBytes(bytes, size)
    if (ref.negated) negate(bytes, dtype, size)
    return bytes
  }
  return { dtype, shape, read: () => guarded(source, read) }
}
