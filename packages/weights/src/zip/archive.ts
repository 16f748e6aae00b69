import type { ByteSource } from '../byte-source.ts'
import type { WeightLimits } from '../limits.ts'
import { badWeights, overLimit, quoted } from '../refuse.ts'
import { readDirectory } from './directory.ts'
import { type KeptRecord, type ZipRecord, zipRecord } from './record.ts'

/** A zip whose entries are read by ranges. */
export interface ZipArchive {
  readonly names: readonly string[]
  has(name: string): boolean
  find(name: string): ZipRecord | undefined
  /**
   * The contents of a small entry.
   * @throws WeightsError 'bad-weights' when there is none of that name; 'limit' when it has more than `limit` bytes
   */
  readWhole(name: string, limit: number): Promise<Uint8Array>
}

/** Opens a zip: its central directory is read and checked. */
export async function openZip(source: ByteSource, limits: WeightLimits): Promise<ZipArchive> {
  const entries = await readDirectory(source, limits)
  const kept: KeptRecord = {}
  const records = new Map<string, ZipRecord>()
  const find = (name: string): ZipRecord | undefined => {
    const known = records.get(name)
    const entry = entries.get(name)
    if (known || !entry) return known
    const record = zipRecord(source, entry, kept)
    records.set(name, record)
    return record
  }
  return {
    names: [...entries.keys()],
    has: (name) => entries.has(name),
    find,
    async readWhole(name, limit) {
      const record = find(name)
      if (!record) throw badWeights(source.name, `the zip has no entry ${quoted(name)}`)
      if (record.size <= limit) return record.read(0, record.size)
      throw overLimit(source.name, `zip entry ${quoted(name)} has ${record.size} bytes, the limit is ${limit}`)
    },
  }
}
