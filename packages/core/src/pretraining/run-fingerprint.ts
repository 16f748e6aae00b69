import { hashOf } from '../training/fingerprint.ts'

/** What decides a run's outcome as one hash: its arguments, and values such as those of its first images. */
export async function runFingerprint(about: object, values: readonly Float32Array[]): Promise<string> {
  const hashes = await Promise.all(values.map(hashOf))
  return hashOf(new TextEncoder().encode(JSON.stringify({ ...about, hashes })))
}
