import { badArgument } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { Key } from '../signal/key.ts'
import { Registry } from './registry/registry.ts'

/** One key is looked for: `detected` says whether it is there, and `fpr` bounds the chance that it is found in an image without it. */
export interface OneKey {
  readonly key: Key
  readonly keys?: undefined
  readonly registry?: undefined
}

/**
 * Several keys are looked for, each with a decision of its own, in their order. `fpr` bounds the chance of even one false detection
 * among them: threshold and pValue are those of the union, 1 - (1 - p)^n, which asks more of each than of a key alone.
 */
export interface SeveralKeys {
  readonly keys: readonly Key[]
  readonly key?: undefined
  readonly registry?: undefined
}

/**
 * It is asked whose key is there. The least threshold is used for which the exact chance of a false accusation among all users is at
 * most `fpr`, and only the best match is ever accused. A user who is added later is found from then on.
 */
export interface AmongUsers {
  readonly registry: Registry
  /**
   * Whether the second best is wanted where it is too far to be accused (true). It takes a look at every key, milliseconds
   * for a million, where finding the best within the threshold takes microseconds.
   */
  readonly runnerUp?: boolean
  readonly key?: undefined
  readonly keys?: undefined
}

/** What is looked for: one of the three. */
export type Wanted = OneKey | SeveralKeys | AmongUsers

const KINDS = ['key', 'keys', 'registry'] as const
const EXPECTED = {
  key: 'a key made by parseKey or randomKey',
  keys: 'an array of keys',
  registry: 'a Registry, as readRegistry gives it',
}

/** @throws StableSigError 'bad-argument' where it is none of the three, or more than one */
export function checkWanted(wanted: Wanted): void {
  const found = KINDS.filter((kind) => wanted[kind] !== undefined)
  if (found.length === 0) throw badArgument('key', 'a key, or keys or a registry in its place', undefined)
  if (found.length > 1)
    throw new StableSigError('bad-argument', `Expected a key, keys or a registry, found ${found.join(' and ')}`)
}

/** @throws StableSigError 'bad-argument' unless this is among what is wanted */
export function requireWanted(
  wanted: Partial<Record<keyof typeof EXPECTED, unknown>>,
  kind: keyof typeof EXPECTED,
): void {
  if (wanted[kind] === undefined) throw badArgument(kind, EXPECTED[kind], undefined)
}

/** @throws StableSigError 'bad-argument' unless it is a list of at least one; each is checked where its bits are read */
export function checkKeys(keys: readonly Key[]): void {
  if (!Array.isArray(keys)) throw badArgument('keys', EXPECTED.keys, keys)
  if (keys.length === 0) throw new StableSigError('bad-argument', 'Expected at least one key')
}

/** @throws StableSigError 'bad-argument' */
export function checkRegistry(registry: unknown): void {
  if (!(registry instanceof Registry)) throw badArgument('registry', EXPECTED.registry, registry)
}
