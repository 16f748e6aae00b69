import type { ByteSource } from './byte-source.ts'
import { type JsonValue, parseJson, readText } from './json.ts'
import { DEFAULT_WEIGHT_LIMITS } from './limits.ts'
import { badWeights, guarded } from './refuse.ts'

/** A model's config.json has below ten thousand bytes. */
const BYTES = 2 ** 20
const DEPTH = 32

/** What a configuration says: values of JSON, in objects without a prototype. */
export type Config = { readonly [key: string]: ConfigValue }
export type ConfigValue = null | boolean | number | string | readonly ConfigValue[] | Config

/**
 * Reads a model's `config.json`: an object, of at most 1 MB. Which model it describes is not looked at.
 * @throws WeightsError 'bad-weights' when it is no JSON object, or has a key twice; 'limit', 'io'
 */
export function readConfig(source: ByteSource): Promise<Config> {
  return guarded(source.name, async () => {
    const text = await readText(source, 'the configuration', BYTES)
    const rules = { source: source.name, what: 'the configuration', depth: DEPTH, fractions: true }
    const found = plain(parseJson(text, { ...rules, limits: DEFAULT_WEIGHT_LIMITS }))
    if (isConfig(found)) return found
    throw badWeights(source.name, 'the configuration is not an object; expected a config.json of diffusers')
  })
}

const isConfig = (value: ConfigValue): value is Config =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function plain(value: JsonValue): ConfigValue {
  if (typeof value !== 'object' || value === null) return value
  if (!(value instanceof Map)) return [...value.values()].map(plain)
  const entries: Record<string, ConfigValue> = Object.create(null)
  for (const [key, item] of value) entries[key] = plain(item)
  return entries
}
