import type { EvaluationSummary } from '@stablesig/core/evaluation'
import { rateText } from '../numbers.ts'
import { legend } from './legend.ts'
import { COLOURS, DASHES, type Plot } from './render.ts'

/** The share of images whose user is found among N, over N. */
export function identificationPlot({ attacks, identificationFpr }: EvaluationSummary): Plot {
  const values = attacks.flatMap(({ attack, identification }) =>
    identification.map(({ users, identified, images }) => ({ attack, users, share: identified / images })),
  )
  const names = attacks.map(({ attack }) => attack)
  return {
    caption: `Images whose user is named among N users, where an unmarked image accuses anybody at a rate of ${rateText(identificationFpr)} at most`,
    description: `Lines of identification accuracy over the number of users. ${attacks
      .map(({ attack, identification }) => {
        const last = identification.at(-1)
        return last ? `${attack}: ${(last.identified / last.images).toFixed(3)} among ${last.users}` : attack
      })
      .join('; ')}`,
    specOf: (width) => ({
      width,
      height: Math.round(width * 0.66),
      data: { values },
      mark: { type: 'line', point: { size: 26 }, strokeWidth: 1.6 },
      encoding: {
        x: {
          field: 'users',
          type: 'quantitative',
          scale: { type: 'log', nice: false },
          title: 'users',
          axis: { values: [...new Set(values.map(({ users }) => users))], format: '~s' },
        },
        y: { field: 'share', type: 'quantitative', scale: { domain: [0, 1] }, title: 'identified' },
        ...legend(names, COLOURS, DASHES, width),
      },
    }),
  }
}
