import type { EvaluationSummary } from '@stablesig/core/evaluation'
import { COLOURS, type Plot } from './render.ts'

const narrow = (width: number): boolean => width < 300

/** Bit accuracy by attack, with its interval. */
export function bitAccuracyPlot({ attacks, confidence }: EvaluationSummary): Plot {
  const values = attacks.map(({ attack, bits }) => ({
    ...{ attack, accuracy: bits.share, low: bits.interval.low, high: bits.interval.high },
    label: bits.share.toFixed(3),
  }))
  const y = { field: 'attack', type: 'nominal', sort: null, title: null } as const
  const domain = [0.5, 1]
  return {
    caption: `Bit accuracy by attack, with ${Math.round(100 * confidence)}% intervals; 0.5 is chance`,
    description: `Bars of bit accuracy: ${values.map(({ attack, label }) => `${attack} ${label}`).join(', ')}`,
    specOf: (width) => ({
      width: width - (narrow(width) ? 150 : 60),
      height: { step: 22 },
      data: { values },
      encoding: { y: { ...y, axis: { labelLimit: 0, labelFontSize: narrow(width) ? 10 : 12 } } },
      layer: [
        {
          mark: { type: 'bar', color: COLOURS[0] ?? '', height: { band: 0.65 } },
          encoding: {
            x: {
              field: 'accuracy',
              type: 'quantitative',
              scale: { domain, clamp: true },
              title: 'bits right',
              axis: { tickCount: narrow(width) ? 2 : 5 },
            },
            x2: { datum: 0.5 },
          },
        },
        {
          mark: { type: 'rule', color: 'currentColor', strokeWidth: 1.5 },
          encoding: { x: { field: 'low', type: 'quantitative', scale: { clamp: true } }, x2: { field: 'high' } },
        },
        {
          mark: { type: 'text', align: 'left', dx: 6 },
          encoding: { x: { datum: 1, type: 'quantitative' }, text: { field: 'label' } },
        },
      ],
    }),
  }
}
