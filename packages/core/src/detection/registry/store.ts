import { StableSigError } from '../../errors.ts'
import { checkKeyLength } from '../../signal/key-text.ts'
import { KeyIndex } from './key-index.ts'
import { PackedKeys } from './packed-keys.ts'
import { PackedNames } from './packed-names.ts'
import { MAX_ROWS } from './row-table.ts'

/** Most users of one registry; a million of them takes about 60 MB. */
export const MAX_USERS = MAX_ROWS
/** Longest name in bytes of UTF-8. */
export const MAX_NAME_BYTES = 1024

/** Below this many rows a scan is quicker than an index is worth. */
const SMALL = 2048
/** What one probe or row of an index search costs beside one word of a scan: they are scattered, the scan runs in order. */
const SCATTERED = 24

/** Names and keys in packed arrays, each once, and the index over them. The rows of a Registry, free of its manners. */
export class RegistryStore {
  readonly names = new PackedNames()
  readonly keys: PackedKeys
  #index: KeyIndex | undefined

  constructor(bits: number) {
    checkKeyLength(bits)
    this.keys = new PackedKeys(bits)
  }

  get size(): number {
    return this.keys.size
  }

  get bytes(): number {
    return this.names.bytes + this.keys.bytes + (this.#index?.bytes ?? 0)
  }

  /** Appends one user: name as UTF-8 in source[start, end), key as words (more may follow). Nothing is kept where it throws. */
  add(source: Uint8Array, start: number, end: number, key: Uint32Array): void {
    checkName(source, start, end)
    const nameHash = this.names.hash(source, start, end)
    const sameName = this.names.find(source, start, end, nameHash)
    if (sameName >= 0) throw refusal(`User ${quoted(this.names.at(sameName))} is registered twice`)
    const keyHash = this.keys.hash(key)
    const sameKey = this.keys.find(key, keyHash)
    if (sameKey >= 0) {
      const name = new TextDecoder().decode(source.subarray(start, end))
      throw refusal(
        `Users ${quoted(this.names.at(sameKey))} and ${quoted(name)} have the same key, so neither can be told`,
      )
    }
    if (this.size >= MAX_USERS) throw new StableSigError('limit', `A registry holds at most ${MAX_USERS} users`)
    this.names.append(source, start, end, nameHash)
    this.keys.append(key, keyHash)
  }

  /** Calls `found` once for each row within `radius` of `query`, in no order: by the index, or by a scan where that is less. */
  search(query: Uint32Array, radius: number, found: (row: number, distance: number) => void): void {
    let scanned = 0
    if (this.size >= SMALL) {
      const index = this.#fresh()
      if (index.cost(radius) * SCATTERED < index.size * this.keys.lanes) {
        index.search(query, radius, found)
        scanned = index.size
      }
    }
    for (let row = scanned; row < this.size; row++) {
      const distance = this.keys.distance(row, query)
      if (distance <= radius) found(row, distance)
    }
  }

  /** An index of all rows but the latest few: it is built anew when an eighth has been added. */
  #fresh(): KeyIndex {
    const index = this.#index
    if (index !== undefined && this.size - index.size <= Math.max(SMALL, index.size / 8)) return index
    this.#index = new KeyIndex(this.keys)
    return this.#index
  }
}

export const refusal = (message: string): StableSigError => new StableSigError('bad-registry', message)

/** A name as it may stand in a message: quoted, and shortened where it is long. */
export const quoted = (name: string): string => JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name)

const strict = new TextDecoder('utf-8', { fatal: true })

function checkName(source: Uint8Array, start: number, end: number): void {
  if (end === start) throw refusal('A user’s name is empty')
  if (end - start > MAX_NAME_BYTES)
    throw refusal(`A user’s name has ${end - start} bytes, at most ${MAX_NAME_BYTES} are allowed`)
  let ascii = true
  for (let i = start; i < end; i++) {
    const byte = source[i]!
    if (byte < 0x20 || byte === 0x7f) throw refusal(`Byte ${i - start + 1} of a user’s name is a control character`)
    if (byte >= 0x80) ascii = false
  }
  if (ascii) return
  try {
    strict.decode(source.subarray(start, end))
  } catch {
    throw refusal('A user’s name is not UTF-8')
  }
}
