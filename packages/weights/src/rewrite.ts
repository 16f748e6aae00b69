import type { ByteSource } from './byte-source.ts'
import { WeightsError } from './errors.ts'
import type { WeightLimits } from './limits.ts'
import { guarded, readRange } from './refuse.ts'
import { replaceTensors } from './replace.ts'
import { openSafetensorsFile } from './safetensors-file.ts'
import type { FileContents, TensorData } from './writer.ts'

/** Bytes copied at a time. */
const CHUNK = 2 ** 24

/**
 * A safetensors file with some tensors replaced and every other byte as it was: header, order of names, metadata, padding.
 * What stays is copied in pieces of 16 MB, so a file of several gigabytes takes the memory of what is replaced. The source is
 * read while `chunks` is iterated and must stay open until then.
 * @param replacements by the file's names, of the dtypes and shapes that stand there
 * @throws WeightsError as openWeights; 'bad-weights' when the source is no safetensors file; 'bad-argument' as replaceTensors
 */
export function rewriteSafetensors(
  source: ByteSource,
  replacements: ReadonlyMap<string, TensorData>,
  limits: Partial<WeightLimits> = {},
): Promise<FileContents> {
  return guarded(source.name, async () => {
    const { state, begin } = await openSafetensorsFile(source, limits)
    replaceTensors(state, replacements)
    const places = placesOf(await readRange(source, 8, begin - 8, 'the header'), begin)
    const pieces = [...replacements].map(([name, { data }]) => ({ at: places(name), data })).sort((a, b) => a.at - b.at)
    async function* chunks(): AsyncIterable<Uint8Array> {
      let at = 0
      for (const piece of [...pieces, { at: source.size, data: new Uint8Array() }]) {
        for (; at < piece.at; at += CHUNK) yield readRange(source, at, Math.min(CHUNK, piece.at - at), 'the file')
        yield piece.data
        at = piece.at + piece.data.length
      }
    }
    return { size: source.size, chunks }
  })
}

/** Where a header, which openWeights has found right, says that a tensor begins in the file. */
function placesOf(header: Uint8Array, begin: number): (name: string) => number {
  const entries: unknown = JSON.parse(new TextDecoder().decode(header))
  const field = (of: unknown, name: string | number): unknown =>
    typeof of === 'object' && of !== null ? Object.getOwnPropertyDescriptor(of, name)?.value : undefined
  return (name) => {
    const offset = field(field(field(entries, name), 'data_offsets'), 0)
    if (typeof offset !== 'number') throw new WeightsError('bad-argument', `no tensor named ${name} in the header`)
    return begin + offset
  }
}
