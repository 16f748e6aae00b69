import { elementCount } from './dtype.ts'
import { type Hash, sha256 } from './sha256.ts'
import type { StateTensor } from './state-dict.ts'

/**
 * What a set of tensors is known by, whatever file, spelling or order they come in: SHA-256 over a line `name dtype elements` and
 * the bytes of each, in the order of their names. Shapes are left out, for one project stores as [C, C] what another stores as
 * [C, C, 1, 1].
 * @param tensors by the model's own names; a few hundred megabytes at most, read one at a time
 */
export async function tensorsHash(tensors: ReadonlyMap<string, StateTensor>, hash: Hash = sha256()): Promise<string> {
  for (const name of [...tensors.keys()].sort()) {
    const tensor = tensors.get(name)
    if (!tensor) continue
    hash.update(new TextEncoder().encode(`${name} ${tensor.dtype} ${elementCount(tensor.shape)}\n`))
    hash.update(await tensor.read())
  }
  return hash.hex()
}
