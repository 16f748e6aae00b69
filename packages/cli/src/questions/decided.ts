import type { Outcome } from '@stablesig/core/detection'

/** What a batch of one image gives. @throws what kept it from being decided */
export function decided<T>([outcome]: readonly Outcome<T>[]): T {
  if (outcome?.ok) return outcome.value
  throw outcome ? outcome.error : new Error('an image went in and no decision came out')
}
