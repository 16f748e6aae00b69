import type { Weights } from '../models/weights.ts'

/** SHA-256 of values as they lie in memory, in hexadecimal. */
export async function hashOf(values: Float32Array | Uint8Array): Promise<string> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice()
  const hash = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** SHA-256 over a model's tensors: names, shapes and values, in their order. */
export async function weightsHash(weights: Weights): Promise<string> {
  const parts: string[] = []
  for (const [name, tensor] of Object.entries(weights))
    parts.push(`${name} [${tensor.shape}] ${await hashOf(await tensor.data<'float32'>())}`)
  return hashOf(new TextEncoder().encode(parts.join('\n')))
}
