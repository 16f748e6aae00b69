import type { ByteSource } from './byte-source.ts'
import type { WeightLimits } from './limits.ts'
import { badWeights, guarded } from './refuse.ts'
import { openSafetensorsFile } from './safetensors-file.ts'
import { type Hash, hashRange, sha256 } from './sha256.ts'

/** What a safetensors file's card says of its data, and what is so. */
export interface Verification {
  /** What the card says; null when it says nothing. */
  readonly stated: string | null
  readonly actual: string
}

/**
 * Compares the data section of a safetensors file with the sha256 in its card. The whole file is read, 4 MB at a time.
 * @throws WeightsError as openWeights; 'bad-weights' when it is no safetensors file, or its data is not what its card says
 */
export function verifySafetensors(
  source: ByteSource,
  limits: Partial<WeightLimits> = {},
  hash: Hash = sha256(),
): Promise<Verification> {
  return guarded(source.name, async () => {
    const { state, begin } = await openSafetensorsFile(source, limits)
    const stated = state.metadata.sha256 ?? null
    const actual = await hashRange(source, begin, hash)
    if (stated === null || stated === actual) return { stated, actual }
    throw badWeights(
      source.name,
      `its data has sha256 ${actual}, its card says ${stated}: the file was changed or damaged`,
    )
  })
}
