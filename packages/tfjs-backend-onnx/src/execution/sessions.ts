import type { CompiledModel, LeafRole } from '../compiler/compiled-model.ts'
import { MAX_FOLDED } from '../passes/fold-constants.ts'
import type { LiveGraph, StructureKey } from '../recording/flush.ts'
import type { TensorData } from '../recording/tensor-data.ts'
import type { OnnxSession } from './runtime.ts'

/** A session and how many structures it serves: those that differ only in sizes share one whose lengths are open. */
export interface SharedSession {
  readonly session: OnnxSession
  readonly anySize: boolean
  users: number
}

/** A compiled graph that can be run. */
export interface SessionEntry {
  readonly shared: SharedSession
  readonly model: CompiledModel
  /** Literals of the compile, by leaf; undefined where the leaf is fed. */
  readonly literals: readonly (number | undefined)[]
  runs: number
}

/** All that is known of one structure: which of its literals have changed between runs, and the session that serves it. */
interface Structure {
  readonly key: StructureKey
  readonly varying: Set<number>
  entry: SessionEntry | null
}

/** Where a graph's session is, or how to make it. */
export interface Lookup {
  readonly structure: Structure
  readonly roles: readonly LeafRole[]
  readonly literals: readonly (number | undefined)[]
  readonly entry: SessionEntry | null
  /** Why a compile is needed; null on a hit. */
  readonly reason: string | null
}

export interface SessionLimits {
  readonly maxSessions: number
  /** Bytes of weights inside sessions, in all. */
  readonly maxConstantBytes: number
  /** Bytes of weights inside one model; where they are more, all but the small ones that passes compute with are fed. */
  readonly maxModelConstants: number
  /** Estimated work space of all sessions but the newest: a session keeps what it has once needed until it is released. */
  readonly maxIdleBytes: number
}

/** Places in which a structure may differ from another one to be called like it. */
const LIKE = 64
/** Hashes of former structures that are remembered, for reports. */
const MAX_FORGOTTEN = 1000

/** Sessions by structure, least recently used first out. */
export class SessionCache {
  /** In order of use: the first is the oldest. */
  readonly #structures = new Map<string, Structure[]>()
  readonly #order = new Set<Structure>()
  #releases: Promise<void>[] = []
  /** Structures that have been forgotten, by hash: that one is compiled once more is then no news. */
  readonly #forgotten = new Set<string>()

  /** @param signatureText what a number in a structure stands for, to say why one is new */
  constructor(
    private readonly limits: SessionLimits,
    private readonly signatureText: (id: number) => string | undefined = () => undefined,
  ) {}

  get size(): number {
    return this.#perSession(() => 1)
  }

  get constantBytes(): number {
    return this.#perSession((model) => model.constantBytes)
  }

  get workBytes(): number {
    return this.#perSession((model) => model.workBytes)
  }

  /** Sum over sessions; one that serves several structures counts with the largest. */
  #perSession(measure: (model: CompiledModel) => number): number {
    const most = new Map<SharedSession, number>()
    for (const { entry } of this.#order) {
      if (entry) most.set(entry.shared, Math.max(most.get(entry.shared) ?? 0, measure(entry.model)))
    }
    return [...most.values()].reduce((sum, bytes) => sum + bytes, 0)
  }

  /** A session of other sizes that can run this model, or whether the one to be made for it should serve any size. */
  sharedFor(model: CompiledModel): SharedSession | 'any-size' | 'this-size' {
    let met = false
    for (const { entry } of this.#order) {
      if (entry?.model.body !== model.body) continue
      if (entry.shared.anySize) return entry.shared
      met = true
    }
    return met ? 'any-size' : 'this-size'
  }

  /**
   * Finds the session of a graph. A literal is folded into the compiled graph; the first time that its value differs it becomes
   * an input, and the graph is compiled once more.
   */
  lookup(key: StructureKey, live: LiveGraph): Lookup {
    let structure = this.#structures.get(key.hash)?.find((s) => s.key.equals(key))
    let reason: string | null = null
    if (structure === undefined) {
      structure = { key, varying: new Set(), entry: null }
      const same = this.#structures.get(key.hash)
      if (same) same.push(structure)
      else this.#structures.set(key.hash, [structure])
      reason = this.#forgotten.has(key.hash)
        ? 'its session was released to keep within limits'
        : `new structure${this.#likeness(structure)}`
    }
    this.#order.delete(structure)
    this.#order.add(structure)
    const entry = structure.entry
    if (entry) {
      for (let i = 0; i < live.leaves.length; i++) {
        const literal = entry.literals[i]
        if (literal !== undefined && !Object.is(literal, live.leaves[i]!.uniform)) structure.varying.add(i)
      }
      const changed = [...structure.varying].filter((i) => entry.literals[i] !== undefined)
      if (changed.length === 0) return { structure, roles: [], literals: entry.literals, entry, reason: null }
      reason = `${changed.length} literal${changed.length > 1 ? 's' : ''} changed value`
    }
    const varying = structure.varying
    const keptOf = (leaf: TensorData) => (leaf.constant === null ? null : (leaf.halves ?? leaf.values))
    const constants = live.leaves.reduce((sum, leaf) => sum + (keptOf(leaf)?.byteLength ?? 0), 0)
    const largest = constants > this.limits.maxModelConstants ? MAX_FOLDED : Number.POSITIVE_INFINITY
    const roles = live.leaves.map((leaf, i): LeafRole => {
      if (leaf.uniform !== null) return varying.has(i) ? 'input' : 'literal'
      const kept = keptOf(leaf)
      return kept !== null && kept.length <= largest ? 'constant' : 'input'
    })
    const literals = live.leaves.map((leaf, i) => (roles[i] === 'literal' ? leaf.uniform! : undefined))
    return { structure, roles, literals, entry: null, reason: reason ?? 'its last compile failed' }
  }

  /** In which few signatures a structure differs from the latest one that is built alike: what a program should not vary. */
  #likeness(structure: Structure): string {
    for (const known of [...this.#order].reverse()) {
      const found = structure.key.differences(known.key, LIKE)
      const [first] = found ?? []
      if (!found || !first) continue
      const [here, there] = first.map((id) => this.signatureText(id) ?? 'something forgotten')
      const more = found.length > 1 ? `, and ${found.length - 1} more such` : ''
      return `: like another but for ${here} where that has ${there}${more}`
    }
    return ''
  }

  /** Keeps a session for a structure, in place of its former one, and releases what exceeds the limits. */
  store(lookup: Lookup, shared: SharedSession, model: CompiledModel): SessionEntry {
    const { structure, literals } = lookup
    // Counted first: what the structure gives up may be this very session.
    shared.users++
    if (structure.entry) this.#release(structure.entry)
    const entry: SessionEntry = { shared, model, literals, runs: 0 }
    structure.entry = entry
    const { maxSessions, maxConstantBytes, maxIdleBytes } = this.limits
    for (const old of this.#order) {
      const fits = this.size <= maxSessions && this.constantBytes <= maxConstantBytes
      if (fits && this.workBytes - model.workBytes <= maxIdleBytes) break
      if (old === structure || !old.entry) continue
      this.#release(old.entry)
      this.#forget(old)
    }
    // Structures that share a session or have none (a failed compile) must not pile up either.
    for (const old of this.#order) {
      if (this.#order.size <= 4 * maxSessions) break
      if (old === structure) continue
      if (old.entry) this.#release(old.entry)
      this.#forget(old)
    }
    return entry
  }

  #forget(structure: Structure): void {
    structure.entry = null
    this.#order.delete(structure)
    if (this.#forgotten.size >= MAX_FORGOTTEN) this.#forgotten.clear()
    this.#forgotten.add(structure.key.hash)
    const rest = this.#structures.get(structure.key.hash)?.filter((s) => s !== structure) ?? []
    if (rest.length > 0) this.#structures.set(structure.key.hash, rest)
    else this.#structures.delete(structure.key.hash)
  }

  #release({ shared }: SessionEntry): void {
    if (--shared.users > 0) return
    const released = shared.session.release()
    if (released) {
      this.#releases.push(released)
      void released.finally(() => {
        this.#releases = this.#releases.filter((r) => r !== released)
      })
    }
  }

  /** Releases every session. */
  async clear(): Promise<void> {
    for (const s of [...this.#order]) {
      if (s.entry) this.#release(s.entry)
      this.#forget(s)
    }
    await Promise.all(this.#releases)
  }
}
