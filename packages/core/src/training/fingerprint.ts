import type { Weights } from '../models/weights.ts'

/** What a run was started with: from its checkpoint only one goes on that was started with the same. */
export interface Fingerprint {
  /** SHA-256 over all of it. */
  readonly hash: string
  /** Each argument as a short text, to tell which is another: 'recipe.steps' 400. Of what is long, the beginning of its hash. */
  readonly parts: Readonly<Record<string, string>>
}

/** Longer values are told by their hash. */
const LONGEST = 40

/** @param about all that decides a run's outcome, by name: what JSON holds; of tensors, their hashes */
export async function fingerprintOf(about: Readonly<Record<string, unknown>>): Promise<Fingerprint> {
  const parts: Record<string, string> = {}
  for (const [name, value] of Object.entries(about))
    for (const [place, one] of isRecord(value) ? Object.entries(value) : [['', value]]) {
      const text = JSON.stringify(one) ?? 'nothing'
      const short = text.length > LONGEST ? (await hashOfText(text)).slice(0, 12) : text
      parts[place ? `${name}.${place}` : name] = short
    }
  return { hash: await hashOfText(JSON.stringify(about)), parts }
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What differs between two runs, each as 'recipe.steps (was 400, is 300)'. */
export const differences = (was: Fingerprint['parts'], is: Fingerprint['parts']): string[] =>
  [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((name) => was[name] !== is[name])
    .map((name) => `${name} (was ${was[name] ?? 'not there'}, is ${is[name] ?? 'not there'})`)

const hashOfText = (text: string): Promise<string> => hashOf(new TextEncoder().encode(text))

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
  return hashOfText(parts.join('\n'))
}
