/** Reproducible choices: the same seed makes the same ones everywhere (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    // Neighbouring seeds start far apart.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  float(low: number, high: number): number {
    return Math.fround(low + this.next() * (high - low))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of a list, which must not be empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)]!
  }

  shuffled<T>(list: readonly T[]): T[] {
    const result = [...list]
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.int(0, i)
      ;[result[i], result[j]] = [result[j]!, result[i]!]
    }
    return result
  }

  /** Some of a list, at least one of a list that has any. */
  some<T>(list: readonly T[]): T[] {
    return this.shuffled(list).slice(0, this.int(1, list.length))
  }
}
