import type { EvaluationSummary } from '@stablesig/core/evaluation'
import { legend } from './legend.ts'
import { COLOURS, DASHES, type Plot } from './render.ts'

/**
 * True-positive rate over the logarithm of the false-positive rate, a line for each attack, as Fernandez et al. 2023 draw it: a point
 * for each threshold, whose exact rate is on the axis.
 */
export function tprPlot({ attacks, bits }: EvaluationSummary): Plot {
  const values = attacks.flatMap(({ attack, points }) =>
    points.map(({ threshold, log10Fpr, truePositives, positives }) => ({
      attack,
      threshold,
      log10Fpr,
      tpr: truePositives / positives,
    })),
  )
  const names = attacks.map(({ attack }) => attack)
  const first = attacks[0]?.points ?? []
  /** Thresholds that stand on the axis, with their rates. */
  const every = Math.max(1, Math.round(bits / 12))
  const ticks = first.filter(({ threshold }) => (bits - threshold) % every === 0)
  const marks = (attacks[0]?.rates ?? [])
    .filter(({ threshold }) => threshold <= bits)
    .map(({ log10Fpr, threshold }) => ({ log10Fpr, label: `${threshold}/${bits}` }))
  const least = Math.min(...first.map(({ log10Fpr }) => log10Fpr))
  const domain = [Math.floor(least), 0]
  const x = { field: 'log10Fpr', type: 'quantitative', scale: { domain, nice: false } } as const
  return {
    caption: `True positives over the exact false-positive rate of each threshold; dotted lines: from how many of ${bits} bits an image is found at the rates of the table`,
    description: `Lines of true-positive rate over log10 of the false-positive rate. ${attacks
      .map(
        ({ attack, rates }) =>
          `${attack}: ${rates.map(({ tpr, fpr }) => `${tpr.count} of ${tpr.of} at ${fpr}`).join(', ')}`,
      )
      .join(
        '; ',
      )}. Thresholds on the axis: ${ticks.map(({ threshold, log10Fpr }) => `${threshold} at 1e${log10Fpr.toFixed(1)}`).join(', ')}`,
    specOf: (width) => ({
      width,
      height: Math.round(width * 0.66),
      layer: [
        {
          data: { values: marks },
          mark: { type: 'rule', color: 'currentColor', opacity: 0.6, strokeDash: [2, 3] },
          encoding: { x },
        },
        {
          data: { values: marks },
          mark: { type: 'text', align: 'center', baseline: 'bottom', dy: -4 },
          encoding: { x, y: { datum: 1, type: 'quantitative' }, text: { field: 'label' } },
        },
        {
          data: { values },
          mark: { type: 'line', point: { size: 14 }, strokeWidth: 1.6 },
          encoding: {
            x: { ...x, title: 'log10 false-positive rate', axis: { tickCount: width > 300 ? 8 : 5, grid: true } },
            y: { field: 'tpr', type: 'quantitative', scale: { domain: [0, 1] }, title: 'true-positive rate' },
            ...legend(names, COLOURS, DASHES, width),
          },
        },
      ],
    }),
  }
}
