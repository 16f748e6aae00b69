import type { Detection, Identification, KeyDetection } from '../decision.ts'
import { type AmongUsers, checkWanted, type OneKey, type SeveralKeys, type Wanted } from '../wanted.ts'
import { amongUsers } from './among-users.ts'
import { oneKey } from './one-key.ts'
import type { Rule } from './rule.ts'
import { severalKeys } from './several-keys.ts'

/** How it is decided what is wanted. @throws StableSigError 'bad-argument' */
export function ruleOf(wanted: OneKey): Rule<Detection>
export function ruleOf(wanted: SeveralKeys): Rule<KeyDetection[]>
export function ruleOf(wanted: AmongUsers): Rule<Identification>
export function ruleOf(wanted: Wanted): Rule<Detection> | Rule<KeyDetection[]> | Rule<Identification>
export function ruleOf(wanted: Wanted): Rule<Detection> | Rule<KeyDetection[]> | Rule<Identification> {
  checkWanted(wanted)
  if (wanted.registry !== undefined) return amongUsers(wanted.registry, wanted.runnerUp)
  if (wanted.keys !== undefined) return severalKeys(wanted.keys)
  return oneKey(wanted.key)
}
