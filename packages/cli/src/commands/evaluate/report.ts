import type { AttackSummary, EvaluationSummary, IdentificationRate } from '@stablesig/core/evaluation'
import type { Evaluation } from './results.ts'

/** What --json writes: the figures, without rows and histograms, which evaluation.json has. */
export function reportOf({ summary, fpr, engine }: Evaluation, out: string, page: string, seconds: number) {
  const { keys, images, bits, confidence, fidelity } = summary
  return {
    ...{ out, page, keys, images, bits, fpr, confidence, engine, fidelity },
    attacks: summary.attacks.map(({ histogram: _, points: __, ...attack }) => attack),
    seconds,
  }
}

/** The same for people. */
export function describeEvaluation({ summary }: Evaluation, page: string, seconds: number): string {
  const { keys, images, bits, fidelity, confidence } = summary
  const header = [
    'attack',
    'bits right',
    `${Math.round(confidence * 100)}%`,
    'words',
    ...ratesOf(summary),
    'AUC',
    'found among 1e5',
  ]
  const rows = summary.attacks.map((attack) => [
    attack.attack,
    attack.bits.share.toFixed(4),
    `${attack.bits.interval.low.toFixed(3)}–${attack.bits.interval.high.toFixed(3)}`,
    `${attack.words.count}/${attack.words.of}`,
    ...attack.rates.map(({ tpr }) => `${tpr.count}/${tpr.of}`),
    attack.auc.toFixed(4),
    identifiedShare(attack),
  ])
  return (
    `${keys} ${keys === 1 ? 'key' : 'keys'} of ${bits} bits, ${images} images\n` +
    `PSNR ${fidelity.psnr.mean.toFixed(2)} dB, SSIM ${fidelity.ssim.mean.toFixed(4)} against unsigned pictures, 8 bits\n\n` +
    `${table([header, ...rows])}\n\n${page}\n${seconds.toFixed(1)} seconds\n`
  )
}

const ratesOf = ({ attacks: [first] }: EvaluationSummary): string[] =>
  (first?.rates ?? []).map(({ fpr }) => `TPR at ${fpr.toExponential(0)}`)

const identifiedShare = ({ identification }: AttackSummary): string => {
  const among = identification.find(({ users }) => users === 1e5)
  return among ? share(among).toFixed(3) : ''
}

const share = ({ identified, images }: IdentificationRate): number => identified / images

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
