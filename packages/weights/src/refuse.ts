import type { ByteSource } from './byte-source.ts'
import { WeightsError } from './errors.ts'

/** A file that is not what it says or does not hold together. */
export const badWeights = (source: string, what: string, cause?: unknown): WeightsError =>
  new WeightsError('bad-weights', `${source}: ${what}`, { cause })

/** A file that asks for something that could run code or reach elsewhere. */
export const unsafeWeights = (source: string, what: string): WeightsError =>
  new WeightsError('unsafe-weights', `${source}: ${what}`)

/** A file that would cost more than the limits allow. */
export const overLimit = (source: string, what: string): WeightsError =>
  new WeightsError('limit', `${source}: ${what}; pass higher limits if the file is trusted`)

/** A file that is right but of a kind not read here. */
export const unsupportedWeights = (source: string, what: string): WeightsError =>
  new WeightsError('unsupported', `${source}: ${what}`)

/**
 * `length` bytes from `offset`; the range must lie in the source and all of it must come.
 * @throws WeightsError 'bad-weights' when the range leaves the file, naming `what`; 'io' when reading fails
 */
export async function readRange(source: ByteSource, offset: number, length: number, what: string): Promise<Uint8Array> {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw badWeights(source.name, `${what} is at byte ${offset} with ${length} bytes, which no file holds`)
  }
  if (offset + length > source.size) {
    throw badWeights(
      source.name,
      `${what} should end at byte ${offset + length}, but the file has ${source.size}; it may have been cut short`,
    )
  }
  let bytes: Uint8Array
  try {
    bytes = await source.read(offset, length)
  } catch (cause) {
    if (cause instanceof WeightsError) throw cause
    throw new WeightsError('io', `${source.name}: bytes ${offset} to ${offset + length} cannot be read`, { cause })
  }
  if (bytes.byteLength === length) return bytes
  throw new WeightsError('io', `${source.name}: asked for ${length} bytes at ${offset}, got ${bytes.byteLength}`)
}

/** Runs `work`; whatever it throws that is not a WeightsError becomes 'bad-weights', so that no caller meets another kind. */
export async function guarded<T>(source: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof WeightsError) throw cause
    throw badWeights(source, `it cannot be read as weights (${cause instanceof Error ? cause.message : cause})`, cause)
  }
}

/** A name from a file, fit for a message: quoted, control characters escaped, long ones cut. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 117)}...` : name)
}
