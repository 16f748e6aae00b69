import type { ByteSource } from './byte-source.ts'
import { safetensorsHeaderLength } from './formats/safetensors.ts'
import type { WeightLimits } from './limits.ts'
import { openWeights } from './open.ts'
import { badWeights, readRange } from './refuse.ts'
import type { StateDict } from './state-dict.ts'

/**
 * Opens what has to be a safetensors file, for those who need to know where its bytes lie.
 * @returns `begin`: the byte at which the data section begins, behind eight bytes of length and the header
 * @throws WeightsError as openWeights; 'bad-weights' when it is of another format
 */
export async function openSafetensorsFile(
  source: ByteSource,
  limits: Partial<WeightLimits>,
): Promise<{ readonly state: StateDict; readonly begin: number }> {
  const state = await openWeights(source, limits)
  const head = await readRange(source, 0, Math.min(8, source.size), 'the header length')
  const length = safetensorsHeaderLength(head, source.size)
  if (state.format !== 'safetensors' || length === null)
    throw badWeights(source.name, `it is ${state.format}, not safetensors`)
  return { state, begin: 8 + length }
}
