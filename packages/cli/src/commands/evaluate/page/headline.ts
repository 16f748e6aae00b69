import type { EvaluationSummary } from '@stablesig/core/evaluation'
import { attackName } from './attack-name.ts'
import { type Html, html } from './html.ts'
import { counts, interval, percent, rateText, share } from './numbers.ts'
import { tableOf } from './table.ts'

/** What is asked first: how many bits are right after each attack, and how many images are found. */
export function headline({ attacks, confidence, bits, keys, images }: EvaluationSummary): Html {
  const cover = `${Math.round(100 * confidence)}%`
  const header = [
    ...['attack', html`bit accuracy<small>${cover} interval</small>`, 'bits right', 'all bits right'],
    ...(attacks[0]?.rates ?? []).map(
      ({ fpr, threshold }) =>
        html`TPR at ${rateText(fpr)}<small>${threshold > bits ? 'unattainable' : `from ${threshold} of ${bits}`}</small>`,
    ),
    'AUC',
  ]
  const rows = attacks.map((attack) => [
    ...[attackName(attack.attack), html`${share(attack.bits.share)}<small>${interval(attack.bits)}</small>`],
    ...[counts(attack.bits), counts(attack.words)],
    ...attack.rates.map(({ tpr }) => html`${percent(tpr.share)} of ${tpr.of}<small>${interval(tpr)}</small>`),
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
      ...[attackName(attack), share(matches / (bits * total)), `${most} of ${bits}`],
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
