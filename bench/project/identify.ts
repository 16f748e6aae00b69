import { Registry } from '@stablesig/core'
import { keyBits, randomKeys } from '@stablesig/core/key'
import { threshold } from '@stablesig/stats'
import { type Measurement, median, peakRssMB, TIMED, WARM_UP } from '../measurement.ts'
import type { Options } from '../options.ts'

const BITS = 48
const FPR = 1e-6
const LOOK_UPS = 2000

/**
 * Seconds to find whose key was read among `size` users: keys of 48 bits, each query as far off its key as may still be accused
 * at a false-positive rate of 1e-6 for all users together.
 */
export async function measureIdentify({ size }: Options): Promise<Measurement> {
  const keys = randomKeys(size, BITS, { seed: 'bench' })
  const registry = new Registry(BITS)
  for (const [i, key] of keys.entries()) registry.add(`user-${i}`, key)
  const radius = Math.max(0, BITS - threshold(BITS, FPR, { users: size }))
  const queries = Array.from({ length: LOOK_UPS }, (_, i) => {
    const bits = keyBits(keys[(i * 7919) % size]!)
    for (let flip = 0; flip < radius; flip += 1) bits[(i + 11 * flip) % BITS]! ^= 1
    return bits
  })
  const seconds: number[] = []
  for (let run = 0; run < WARM_UP + TIMED; run += 1) {
    const start = performance.now()
    let found = 0
    for (const bits of queries) found += registry.search(bits, radius).length
    seconds.push((performance.now() - start) / 1e3 / LOOK_UPS)
    if (found < LOOK_UPS) throw new Error(`${found} of ${LOOK_UPS} look-ups found their user`)
  }
  return { seconds: median(seconds.slice(WARM_UP)), peakRssMB: peakRssMB() }
}
