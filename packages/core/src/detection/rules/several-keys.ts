import { falsePositiveRate, unionFalsePositiveRate } from '@stablesig/stats'
import { countMatches } from '../../metrics/bits.ts'
import { checkKey, type Key } from '../../signal/key.ts'
import type { KeyDetection } from '../decision.ts'
import { withReading } from '../reading.ts'
import { checkKeys } from '../wanted.ts'
import { mostMatchesOfMany, type Rule } from './rule.ts'

/** Which of the keys are there? @throws StableSigError 'bad-argument' unless there is one */
export function severalKeys(given: readonly Key[]): Rule<KeyDetection[]> {
  checkKeys(given)
  // What is decided does not change with the caller's array.
  const keys = [...given]
  return {
    count: keys.length,
    checkLength(bits) {
      for (const key of keys) checkKey(key, bits)
    },
    decide({ bits, logits }, { threshold, fpr, whitened }) {
      return keys.map((key) => {
        const matches = countMatches(bits, key)
        const total = bits.length
        const singlePValue = falsePositiveRate(matches, total)
        const pValue = unionFalsePositiveRate(singlePValue, keys.length)
        const detected = matches >= threshold
        const decision = { detected, matches, total, pValue, singlePValue, threshold, fpr, whitened, keys: keys.length }
        return withReading(decision, bits, logits)
      })
    },
    best: (decisions, fpr) =>
      keys.map((_, at) =>
        mostMatchesOfMany(
          decisions.map((each) => each[at]!),
          fpr,
        ),
      ),
  }
}
