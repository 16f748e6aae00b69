import { checkProbability, checkTotal, checkUsers } from './arguments.ts'
import { falsePositiveRate, log10FalsePositiveRate } from './false-positive-rate.ts'
import { log10UnionFalsePositiveRate, unionBound, unionFalsePositiveRate } from './union.ts'

export interface ThresholdOptions {
  /** Keys that an image is compared with; default 1. */
  readonly users?: number
  /** Chance that one bit agrees by accident; default 1/2. */
  readonly p?: number
  /** 'exact' (default): 1-(1-q)^N, for independent keys; 'bound': N·q, for any keys, never a smaller threshold. */
  readonly union?: 'exact' | 'bound'
}

/**
 * Least number of matching bits whose false-positive rate over all `users` is at most `fpr`: an image is flagged from there on.
 * Inclusive: threshold(k, falsePositiveRate(t, k)) is t. The last 16 answers are remembered.
 * @param total bits compared, 0..1e9
 * @param fpr greatest rate allowed, [0,1]
 * @returns 0..total; total + 1 where even total matches are too likely (unattainable: nothing is ever flagged)
 * @throws RangeError for an argument outside its range
 */
export function threshold(total: number, fpr: number, options: ThresholdOptions = {}): number {
  const users = options.users ?? 1
  const p = options.p ?? 0.5
  const exact = options.union !== 'bound'
  for (const entry of recent)
    if (entry.total === total && entry.fpr === fpr && entry.users === users && entry.p === p && entry.exact === exact)
      return entry.result
  checkTotal('total', total)
  checkProbability('fpr', fpr)
  checkUsers('users', users)
  checkProbability('p', p)
  const result = smallestCount(total, (t) => withinRate(t, total, fpr, users, p, exact))
  recent[next] = { total, fpr, users, p, exact, result }
  next = (next + 1) % REMEMBERED
  return result
}

interface Answer {
  readonly total: number
  readonly fpr: number
  readonly users: number
  readonly p: number
  readonly exact: boolean
  readonly result: number
}
const REMEMBERED = 16
const recent: Answer[] = []
let next = 0

/** Rates below this are compared by their logarithms: their doubles lose digits and end at 0. */
const MIN_LINEAR = 1e-280

/** Whether flagging from t matches on keeps the rate over all users. */
export function withinRate(t: number, total: number, fpr: number, users: number, p: number, exact: boolean): boolean {
  if (fpr >= MIN_LINEAR) {
    const tail = falsePositiveRate(t, total, p)
    return (exact ? unionFalsePositiveRate(tail, users) : unionBound(tail, users)) <= fpr
  }
  const log10Tail = log10FalsePositiveRate(t, total, p)
  return log10UnionFalsePositiveRate(log10Tail, users) <= Math.log10(fpr)
}

/** Least t in 0..total+1 for which a condition holds that, once true, stays true; total + 1 where it never does. */
function smallestCount(total: number, holds: (t: number) => boolean): number {
  let low = 0
  let high = total + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
