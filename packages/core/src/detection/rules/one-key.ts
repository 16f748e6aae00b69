import { falsePositiveRate } from '@stablesig/stats'
import { countMatches } from '../../metrics/bits.ts'
import { checkKey, type Key } from '../../signal/key.ts'
import type { Detection } from '../decision.ts'
import { withReading } from '../reading.ts'
import { mostMatches, type Rule } from './rule.ts'

/** Is the key there? */
export function oneKey(key: Key): Rule<Detection> {
  return {
    count: 1,
    checkLength: (bits) => checkKey(key, bits),
    decide({ bits, logits }, { threshold, fpr, whitened }) {
      const matches = countMatches(bits, key)
      const total = bits.length
      const pValue = falsePositiveRate(matches, total)
      const decision = { detected: matches >= threshold, matches, total, pValue, threshold, fpr, whitened }
      return withReading(decision, bits, logits)
    },
    best: mostMatches,
  }
}
