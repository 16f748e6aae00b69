import type { ByteSource } from '../byte-source.ts'
import { badWeights, readRange } from '../refuse.ts'

/** Compressed bytes taken from the source at a time: what inflates to 1032 times that is dropped after its first piece. */
const CHUNK = 64 * 1024

/** Deflate cannot do better than 1032 to 1. */
export const MAX_DEFLATE_RATIO = 1032

/**
 * The first `wanted` bytes of a raw deflate stream that lies in `source`. Inflating stops when they are there; memory is
 * `wanted` bytes and a chunk.
 * @param whole the stream must end with those bytes: more is a fault
 * @throws WeightsError 'bad-weights' when the stream is broken, shorter than `wanted`, or, with `whole`, longer
 */
export async function inflate(
  source: ByteSource,
  offset: number,
  length: number,
  wanted: number,
  whole: boolean,
  what: string,
): Promise<Uint8Array> {
  const out = new Uint8Array(wanted)
  const stream = new DecompressionStream('deflate-raw')
  const writer = stream.writable.getWriter()
  const reader = stream.readable.getReader()
  const feed = async () => {
    for (let at = 0; at < length; at += CHUNK) {
      await writer.write(await readRange(source, offset + at, Math.min(CHUNK, length - at), what).then(owned))
    }
    await writer.close()
  }
  let feeding: unknown
  const fed = feed().catch(async (cause: unknown) => {
    feeding = cause
    await writer.abort(cause).catch(() => {})
  })
  let filled = 0
  let excess = false
  try {
    while (!excess && (whole || filled < wanted)) {
      const { value, done } = await reader.read()
      if (done) break
      const room = wanted - filled
      out.set(value.byteLength > room ? value.subarray(0, room) : value, filled)
      filled += Math.min(value.byteLength, room)
      excess = whole && value.byteLength > room
    }
  } catch (cause) {
    throw badWeights(source.name, `${what} is not a deflate stream or was cut short`, feeding ?? cause)
  } finally {
    await reader.cancel().catch(() => {})
    await fed
  }
  if (excess) throw badWeights(source.name, `${what} inflates to more than the ${wanted} bytes it states`)
  if (filled < wanted) throw badWeights(source.name, `${what} inflates to ${filled} bytes and states ${wanted}`)
  return out
}

/** Bytes the stream may keep: it wants memory of their own, of a plain ArrayBuffer. */
const owned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)
