import type { BitsByAttack } from '@stablesig/core/pretraining'

/** Bits read, by attack, since they were last taken. */
export class BitCounts {
  #counts = new Map<string, { readonly matches: number; readonly total: number }>()

  add(byAttack: BitsByAttack): void {
    for (const [name, { matches, total }] of Object.entries(byAttack)) {
      const known = this.#counts.get(name) ?? { matches: 0, total: 0 }
      this.#counts.set(name, { matches: known.matches + matches, total: known.total + total })
    }
  }

  /** The share of bits that matched, by attack. */
  take(): Record<string, number> {
    const shares = [...this.#counts].map(([name, { matches, total }]) => [name, matches / total] as const)
    this.#counts = new Map()
    return Object.fromEntries(shares)
  }
}
