import { type Card, DEFAULT_WEIGHT_LIMITS, parseJson } from '@stablesig/weights'
import type { CardFigures, SigningFacts } from './model-card.ts'

/** What a signing tells, as text entries of a safetensors header: a bare decoder or a delta carries them with it. */
export function signingHeader({ library, key, recipe, figures }: SigningFacts): Card {
  return {
    signed_with: `${library.name} ${library.version}`,
    key_id: key.id,
    bits: `${key.bits}`,
    ...(recipe ? { training: JSON.stringify(recipe) } : {}),
    ...(figures ? { held_out: JSON.stringify(figures) } : {}),
  }
}

/**
 * The way back, from a header that anyone may have written: null where there is no signing in it or something is not as
 * signingHeader has it.
 */
export function readSigningHeader(metadata: Card): SigningFacts | null {
  const { signed_with: by = '', key_id: id = '', bits = '', training, held_out: heldOut } = metadata
  const [, name, version] = /^(\S{1,80}) (\S{1,80})$/.exec(by) ?? []
  if (!name || !version || !/^[0-9a-f]{8}$/.test(id) || !/^[1-9]\d{0,3}$/.test(bits)) return null
  const recipe = training === undefined ? undefined : plainRecord(training)
  const figures = heldOut === undefined ? undefined : figuresOf(heldOut)
  if (recipe === null || figures === null) return null
  return {
    library: { name, version },
    key: { id, bits: Number(bits) },
    ...(recipe ? { recipe } : {}),
    ...(figures ? { figures } : {}),
  }
}

/** A flat JSON object of short names and plain values. */
function plainRecord(text: string): Record<string, string | number | boolean | null> | null {
  const record: Record<string, string | number | boolean | null> = {}
  try {
    const rules = { source: 'header', what: 'the card', depth: 2, fractions: true, limits: DEFAULT_WEIGHT_LIMITS }
    const parsed = text.length > 10_000 ? null : parseJson(text, rules)
    if (!(parsed instanceof Map)) return null
    for (const [key, value] of parsed) {
      if (!/^\w{1,40}$/.test(key) || key === '__proto__') return null
      if (typeof value === 'object' && value !== null) return null
      if (typeof value === 'string' && !/^[\w .:+-]{0,80}$/.test(value)) return null
      record[key] = value
    }
  } catch {
    return null
  }
  return record
}

function figuresOf(text: string): CardFigures | null {
  const { images, size, matches, total, bitAccuracy, psnr, ssim } = plainRecord(text) ?? {}
  const numbers = { images, size, matches, total, bitAccuracy, psnr, ...(typeof ssim === 'number' ? { ssim } : {}) }
  const isFigures = (found: { [Name in keyof CardFigures]: unknown }): found is CardFigures =>
    Object.values(found).every((value) => typeof value === 'number')
  return isFigures(numbers) ? numbers : null
}
