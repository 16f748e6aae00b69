import { falsePositiveRate, unionFalsePositiveRate } from '@stablesig/stats'
import { StableSigError } from '../../errors.ts'
import type { Best, Identification } from '../decision.ts'
import { type Reading, withReading } from '../reading.ts'
import type { NearestUsers, Registry } from '../registry/registry.ts'
import { checkRegistry } from '../wanted.ts'
import { mostMatchesOfMany, type Rule } from './rule.ts'

/** Whose key is there? @throws StableSigError 'bad-argument' */
export function amongUsers(registry: Registry, runnerUp = true): Rule<Identification> {
  checkRegistry(registry)
  return {
    get count() {
      return registry.size
    },
    checkLength(bits) {
      if (registry.bits === bits) return
      throw new StableSigError(
        'bad-registry',
        `Expected keys of ${bits} bits, which is what the extractor reads; the registry’s have ${registry.bits}`,
      )
    },
    decide({ bits, logits }, { threshold, fpr, whitened }) {
      const { bits: total, size: users } = registry
      const near = nearest(registry, bits, total - threshold, runnerUp)
      const { user, matches } = near.best
      const singlePValue = falsePositiveRate(matches, total)
      const verdict = matches < threshold ? 'nobody' : near.tied > 1 ? 'tie' : 'user'
      const identification: Omit<Identification, keyof Reading> = {
        user: verdict === 'user' ? user : null,
        verdict,
        matches,
        total,
        pValue: unionFalsePositiveRate(singlePValue, users),
        singlePValue,
        runnerUp: near.runnerUp,
        tied: near.tied,
        threshold,
        users,
        fpr,
        whitened,
      }
      return withReading(identification, bits, logits)
    },
    best,
  }
}

/** Readings that agree equally well with different users accuse nobody: a tie. */
function best(decisions: readonly Identification[], fpr: number): Best<Identification> {
  const most = Math.max(...decisions.map(({ matches }) => matches))
  const equals = decisions.filter(({ matches, verdict }) => matches === most && verdict !== 'nobody')
  const users = new Set(equals.map(({ user }) => user))
  const found = mostMatchesOfMany(decisions, fpr)
  const tie = users.size > 1 || users.has(null)
  return tie ? Object.assign(found, { user: null, verdict: 'tie' as const }) : found
}

/** By the index where the radius has enough of them, by a scan where it has not. */
function nearest(registry: Registry, bits: Uint8Array, radius: number, runnerUp: boolean): NearestUsers {
  const found = registry.search(bits, radius)
  const [best, second] = found
  if (best === undefined || (second === undefined && runnerUp)) return registry.nearest(bits)
  return { best, runnerUp: second ?? null, tied: found.filter(({ matches }) => matches === best.matches).length }
}
