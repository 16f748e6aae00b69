import seedrandom from 'seedrandom'
import { at } from '../at.ts'

/** Which images step `step` (from 0) sees, `batch` of them. */
export type BatchOrder = (step: number) => number[]

/**
 * Every image once before any is seen again: a fresh permutation for each pass over the set, drawn from the seed, so that the
 * order of any step is known without having run those before it.
 */
export function batchOrder(seed: number | string, images: number, batch: number): BatchOrder {
  const passes = new Map<number, number[]>()
  const pass = (epoch: number): number[] => {
    const known = passes.get(epoch)
    if (known) return known
    if (passes.size > 1) passes.delete(Math.min(...passes.keys()))
    const drawn = permutation(`${seed}/${epoch}`, images)
    passes.set(epoch, drawn)
    return drawn
  }
  return (step) =>
    Array.from({ length: batch }, (_, i) => {
      const place = step * batch + i
      return at(pass(Math.floor(place / images)), place % images)
    })
}

/** Fisher-Yates: every order equally likely. */
function permutation(seed: string, length: number): number[] {
  const random = seedrandom(seed)
  const order = Array.from({ length }, (_, i) => i)
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const [a, b] = [at(order, i), at(order, j)]
    order[i] = b
    order[j] = a
  }
  return order
}
