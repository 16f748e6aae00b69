// @ts-check
import { parseArgs } from 'node:util'
import { AUTOENCODER_16, EXTRACTOR_48 } from '@stablesig/models'

/** Users who average, at most; so many are accused among, at least. */
export const COLLUDERS = 5

/** What this example counts: the least of each. */
const COUNTS = { keys: 1, photographs: 1, size: 64, registry: COLLUDERS }

/**
 * What was typed, checked. Our own models where others are not named.
 * @param {readonly string[]} sections that there are
 * @throws {Error} with what to type
 */
export function given(sections) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minter: { type: 'string' },
      extractor: { type: 'string' },
      autoencoder: { type: 'string' },
      encoder: { type: 'string' },
      decoder: { type: 'string' },
      /** What the minter changes, where it is not the autoencoder's own decoder: what train-minter wrote as --decoder-out. */
      'minter-decoder': { type: 'string' },
      images: { type: 'string' },
      keys: { type: 'string', default: '100' },
      photographs: { type: 'string', default: '4' },
      size: { type: 'string', default: '256' },
      registry: { type: 'string', default: '100000' },
      attacks: { type: 'string', default: 'none,crop:0.5,jpeg:80,crop:0.5+brightness:1.5+jpeg:80' },
    },
  })
  const { minter, images, encoder, decoder, autoencoder, extractor } = values
  const unknown = positionals.find((name) => !sections.includes(name))
  if (unknown) throw new Error(`expected sections among ${sections.join(', ')}, found ${unknown}`)
  if (!minter || !images) throw new Error('pass --minter FILE, which train-minter wrote, and --images FOLDER')
  if ((encoder === undefined) !== (decoder === undefined) || (encoder && autoencoder))
    throw new Error('pass --autoencoder FILE, or --encoder FILE and --decoder FILE, or none of them for our own')
  /** @param {keyof typeof COUNTS} name */
  const count = (name) => {
    const number = Number(values[name])
    if (Number.isSafeInteger(number) && number >= COUNTS[name]) return number
    throw new Error(`--${name}: expected a whole number from ${COUNTS[name]}, found ${values[name]}`)
  }
  const own = autoencoder ?? AUTOENCODER_16.url
  const base = values['minter-decoder']
  return {
    ...{ minter, images, sections: positionals.length > 0 ? positionals : sections },
    autoencoder: encoder && decoder ? { encoder, decoder } : { path: own },
    base: base === undefined ? null : { encoder: encoder ?? own, decoder: base },
    extractor: extractor ?? EXTRACTOR_48.url,
    ...{ keys: count('keys'), photographs: count('photographs'), size: count('size'), registry: count('registry') },
    attacks: values.attacks.split(','),
  }
}
