import { fromFloat32, toFloat32 } from './convert.ts'
import { WeightsError } from './errors.ts'
import { quoted } from './refuse.ts'
import type { DType, StateDict, StateTensor } from './state-dict.ts'
import { bytesOf, type TensorData } from './writer.ts'

/**
 * A file's tensors with some of them replaced, in the file's order; those that stay are read from the file when asked for.
 * @param replacements by the file's names, each of the dtype and shape that stand there
 * @throws WeightsError 'bad-argument' naming a tensor that the file does not hold, or holds otherwise
 */
export function replaceTensors(
  state: Pick<StateDict, 'source' | 'tensors'>,
  replacements: ReadonlyMap<string, TensorData>,
): Map<string, StateTensor> {
  for (const [name, { dtype, shape, data }] of replacements) {
    const there = state.tensors.get(name)
    const fail = (what: string) =>
      new WeightsError('bad-argument', `${state.source}: tensor ${quoted(name)} cannot be replaced: ${what}`)
    if (!there) throw fail('the file has none of that name')
    const [found, given] = [describe(there), describe({ dtype, shape })]
    if (found !== given) throw fail(`it is ${found} there, ${given} was given`)
    const bytes = data.byteLength
    const expected = bytesOf(there)
    if (bytes !== expected) throw fail(`${found} takes ${expected} bytes, ${bytes} were given`)
  }
  const tensors = new Map<string, StateTensor>()
  for (const [name, tensor] of state.tensors) {
    const other = replacements.get(name)
    tensors.set(name, other ? { dtype: other.dtype, shape: other.shape, read: async () => other.data } : tensor)
  }
  return tensors
}

/**
 * Float32 values as a file's dtype has them, little-endian: rounded to the nearest, ties to even. Elements that are what the
 * file holds already keep its bytes, so that an unchanged tensor comes out byte for byte as it was, also of a dtype that
 * float32 does not hold.
 * @param before the file's bytes of that tensor
 * @throws WeightsError 'not-finite' when a value is beyond the dtype's range; 'unsupported' for a changed tensor of a dtype
 *   that weights are not written in; 'shape' when the lengths differ
 */
export function storeLike(values: Float32Array, dtype: DType, before: Uint8Array, name = 'a tensor'): Uint8Array {
  const old = toFloat32(before, dtype)
  if (old.length !== values.length)
    throw new WeightsError('shape', `${name} has ${old.length} elements in its file, ${values.length} were given`)
  if (sameValues(old, values)) return before
  if (dtype === 'float64') return storeDoubles(values, old, before)
  if (dtype !== 'float32' && dtype !== 'float16' && dtype !== 'bfloat16')
    throw new WeightsError(
      'unsupported',
      `${name} is ${dtype}; changed weights are written as float32, float16, bfloat16 or float64: convert the file first`,
    )
  const bytes = fromFloat32(values, dtype)
  const stored = toFloat32(bytes, dtype)
  for (let at = 0; at < stored.length; at++)
    if (!Number.isFinite(stored[at]))
      throw new WeightsError(
        'not-finite',
        `${name} comes to ${values[at]} at element ${at}, beyond what ${dtype} holds`,
      )
  return bytes
}

/** By Object.is: zeros by their sign too. */
function sameValues(a: Float32Array, b: Float32Array): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}

function storeDoubles(values: Float32Array, old: Float32Array, before: Uint8Array): Uint8Array {
  const bytes = before.slice()
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) if (!Object.is(value, old[i])) view.setFloat64(8 * i, value, true)
  return bytes
}

const describe = ({ dtype, shape }: Pick<TensorData, 'dtype' | 'shape'>): string => `${dtype} [${shape.join(', ')}]`
