import type { ByteSource } from './byte-source.ts'
import { safetensorsHeaderLength } from './formats/safetensors.ts'
import type { WeightLimits } from './limits.ts'
import { openWeights } from './open.ts'
import { badWeights, guarded, readRange } from './refuse.ts'
import { type Hash, hashRange, sha256 } from './sha256.ts'

/** What a safetensors file's card says of its data, and what is so. */
export interface Verification {
  /** What the card says; null when it says nothing. */
  readonly stated: string | null
  readonly actual: string
}

/**
 * Compares the data section of a safetensors file with the sha256 in its card. The whole file is read, 4 MB at a time.
 * @throws StableSigError as openWeights; 'bad-weights' when it is no safetensors file, or its data is not what its card says
 */
export function verifySafetensors(
  source: ByteSource,
  limits: Partial<WeightLimits> = {},
  hash: Hash = sha256(),
): Promise<Verification> {
  return guarded(source.name, async () => {
    const state = await openWeights(source, limits)
    const length = safetensorsHeaderLength(
      await readRange(source, 0, Math.min(8, source.size), 'the header length'),
      source.size,
    )
    if (state.format !== 'safetensors' || length === null)
      throw badWeights(source.name, `it is ${state.format}, not safetensors`)
    const stated = state.metadata.sha256 ?? null
    const actual = await hashRange(source, 8 + length, hash)
    if (stated === null || stated === actual) return { stated, actual }
    throw badWeights(
      source.name,
      `its data has sha256 ${actual}, its card says ${stated}: the file was changed or damaged`,
    )
  })
}
