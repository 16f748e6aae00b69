import type { EvaluationSummary } from '@stablesig/core/evaluation'
import { type Html, html } from './html.ts'
import { counts, interval, percent, rateText, share } from './numbers.ts'
import { tableOf } from './table.ts'

/** What is asked first: how many bits are right after each attack, and how many images are found. */
export function headline({ attacks, confidence, bits, keys, images }: EvaluationSummary): Html {
  const rates = attacks[0]?.rates ?? []
  const header = [
    ...['attack', 'bit accuracy', percent(confidence).replace('.0', ''), 'bits right', 'all bits right'],
    ...rates.flatMap(({ fpr, threshold }) => [
      html`TPR at ${rateText(fpr)}<br><span class="soft">${threshold > bits ? 'unattainable' : `from ${threshold} of ${bits}`}</span>`,
      percent(confidence).replace('.0', ''),
    ]),
    'AUC',
  ]
  const rows = attacks.map((attack) => [
    ...[attack.attack, share(attack.bits.share), interval(attack.bits), counts(attack.bits), counts(attack.words)],
    ...attack.rates.flatMap(({ tpr }) => [
      html`${percent(tpr.share)} <span class="soft">${counts(tpr)}</span>`,
      interval(tpr),
    ]),
    share(attack.auc),
  ])
  const caption = `By attack, over ${keys} ${keys === 1 ? 'key' : 'keys'} and ${images} images: bits read as the key’s, and images found at exact false-positive rates`
  return html`<h2>By attack</h2>
${tableOf(caption, header, rows)}`
}

/** Whether unmarked pictures keep the rates that thresholds promise. */
export function falsePositives({ attacks, bits }: EvaluationSummary): Html {
  const rows = attacks.map(({ attack, histogram, rates, empirical }) => {
    const total = histogram.unmarked.reduce((sum, count) => sum + count, 0)
    const matches = histogram.unmarked.reduce((sum, count, i) => sum + i * count, 0)
    const most = histogram.unmarked.findLastIndex((count) => count > 0)
    return [
      ...[attack, share(matches / (bits * total)), `${most} of ${bits}`],
      ...rates.map(({ falsePositives: found }) => `${found}/${total}`),
      percent(empirical.truePositives / empirical.positives),
    ]
  })
  const header = [
    ...['attack', 'bits that agree', 'most in a picture'],
    ...(attacks[0]?.rates ?? []).map(({ fpr }) => `flagged at ${rateText(fpr)}`),
    `TPR at ${rateText(attacks[0]?.empirical.fpr ?? 0)}, empirical`,
  ]
  const caption =
    'Unsigned pictures through the same attacks, read with every key: half of the bits should agree, and hardly one be flagged'
  return html`<h2>Unsigned pictures</h2>
${tableOf(caption, header, rows)}`
}
