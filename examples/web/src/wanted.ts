import { type Key, keyId, parseKey, type Registry, readRegistry } from '@stablesig/core'

/** What is looked for: one key, or the keys of several users. */
export type Wanted =
  | { readonly key: Key; readonly id: string; readonly said: string }
  | { readonly registry: Registry; readonly said: string }

/**
 * What a visitor typed or chose: one key where it is nothing but digits, else a registry.
 * @throws StableSigError 'bad-key', 'bad-registry', 'limit'
 */
export async function parseWanted(text: string, bits: number | undefined): Promise<Wanted> {
  const given = text.trim()
  if (/^[0-9a-fx\s]*$/i.test(given) && !/[\n\t]/.test(given)) {
    const key = parseKey(given, bits)
    const id = await keyId(key)
    return { key, id, said: `One key of ${bits ?? given.length} bits.` }
  }
  const registry = await readRegistry(given, bits === undefined ? {} : { bits })
  return { registry, said: `${registry.size} ${registry.size === 1 ? 'user' : 'users'}.` }
}
