import type { Evaluation } from '../results.ts'
import { type Html, html } from './html.ts'
import { rateText } from './numbers.ts'

/** What the figures mean, and what they were made with. */
export function definitions({ fpr, summary: { bits, confidence } }: Evaluation): Html {
  return html`<h2>What is measured</h2>
<p>Each photograph is encoded; its latent goes through the original decoder and through each signed one. Both pictures are rounded to 8 bits, attacked, rounded again and read. <strong>Bit accuracy</strong> counts bits that are read as the key’s. An image is <strong>found</strong> when at least t of ${bits} bits agree; t is the least count that an image without the key reaches by chance at the rate asked for or less, P(Binomial(${bits}, ½) ≥ t). <strong>AUC</strong> is the chance that a signed picture has more matches than an unsigned one. <strong>Identified</strong> among N users is an image whose matches reach the threshold of N users at ${rateText(fpr)} over all of them, and that no other user’s random key matches as well: the exact expectation over those keys.</p>
<p>Intervals cover ${Math.round(100 * confidence)}%. They take into account that the bits of one picture, the pictures of one photograph and those of one key stand or fall together. Rates below one in as many pictures as there are rest on the binomial law, which a whitened extractor keeps: the table of unsigned pictures shows how well.</p>`
}

export function provenance({ library, engine, node, settings }: Evaluation): Html {
  const { images, keys, size, extractor, autoencoder, decoders } = settings
  const signing = Array.isArray(decoders)
    ? 'decoders that were signed before'
    : Object.entries(decoders)
        .map(
          ([name, value]) =>
            `${name} ${typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value)}`,
        )
        .join(', ')
  const facts: readonly (readonly [string, string])[] = [
    ['made with', `${library.name} ${library.version}, ${engine}, Node ${node}`],
    ['images', `${images.length} at ${size} px`],
    ['keys', `${keys.length}, ids ${keys.join(', ')}`],
    ['signing', signing],
    ['extractor', `SHA-256 ${extractor}`],
    ['autoencoder', `SHA-256 ${autoencoder.join(', ')}`],
  ]
  return html`<h2>Made with</h2>
<dl>
${facts.map(
  ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
)}</dl>`
}
