import type { BitsByAttack } from '@stablesig/core/pretraining'

/** Bits read, by attack, since they were last taken. */
export class AttackCounts {
  #counts = new Map<string, { matches: number; total: number }>()

  add(byAttack: BitsByAttack): void {
    for (const [name, { matches, total }] of Object.entries(byAttack)) {
      const known = this.#counts.get(name) ?? { matches: 0, total: 0 }
      this.#counts.set(name, { matches: known.matches + matches, total: known.total + total })
    }
  }

  /** Shares of right bits. */
  take(): Record<string, number> {
    const shares = [...this.#counts].map(([name, { matches, total }]) => [name, matches / total] as const)
    this.#counts = new Map()
    return Object.fromEntries(shares)
  }
}
