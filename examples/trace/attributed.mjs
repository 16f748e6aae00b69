// @ts-check
import { sharpCodec } from '@stablesig/backend-node'
import { attribute, calibrateAttribution, calibrateTracer, reconstruct, savedImages } from '@stablesig/core/tracing'
import { table } from './table.mjs'

/**
 * Which of several decoders made an image? Each makes one of every photograph, which is itself none of theirs.
 * @param {import('./scored.mjs').Setting & {
 *   candidates: Readonly<Record<string, import('@stablesig/core').Autoencoder>>,
 *   learnt: import('@stablesig/backend-node').FileImageSet,
 *   judged: import('@stablesig/backend-node').FileImageSet,
 *   alpha: number,
 * }} given
 */
export async function attributed({ candidates: named, learnt, judged, saved, size, alpha }) {
  const codec = sharpCodec()
  const options = { images: learnt, size, formats: [saved], codec }
  const candidates = []
  for (const [name, autoencoder] of Object.entries(named))
    candidates.push({ name, autoencoder, calibration: await calibrateTracer({ ...options, autoencoder }) })
  const siblings = await calibrateAttribution({ ...options, candidates })
  /** @type {Map<string, Map<string, number>>} what is said, by maker */
  const counts = new Map([...Object.keys(named), 'none of them'].map((maker) => [maker, new Map()]))
  for (let index = 0; index < judged.length; index++) {
    const photograph = await judged.read(index, size)
    for (const [maker, said] of counts) {
      const autoencoder = named[maker]
      const image = autoencoder ? reconstruct(autoencoder, photograph) : photograph.clone()
      const file = await savedImages(image, saved, codec)
      image.dispose()
      const { verdict, names } = await attribute(file, { candidates, siblings, saved, alpha })
      file.dispose()
      const what =
        verdict === 'one' ? names.join() : verdict === 'undecided' && names.length === 1 ? `${names}?` : verdict
      said.set(what, (said.get(what) ?? 0) + 1)
    }
    photograph.dispose()
  }
  const makers = Object.keys(named)
  // With a question mark: which it would be, if any of them.
  const columns = [...makers, ...makers.map((name) => `${name}?`), 'tie', 'none', 'undecided']
  const rows = [...counts].map(([maker, said]) => [maker, ...columns.map((what) => said.get(what) ?? 0)])
  return `\nWho made it, at ${alpha}: rows are makers, columns what is said\n\n${table(['', ...columns], rows)}`
}
