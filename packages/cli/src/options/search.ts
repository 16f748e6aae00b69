import type { Search, SearchGrid } from '@stablesig/core/detection'
import { InvalidArgumentError } from 'commander'
import type { Options, OptionsOf } from './description.ts'

const LISTS = ['scales', 'rotations', 'windows'] as const
const WHOLE = ['shortlist'] as const

/**
 * A search as typed: `standard`, or parts joined by + such as `scales:0.5,1,2+rotations:-10,0,10+flips+windows:0.5,1+shortlist:6`.
 * Which numbers are in range is core's to say.
 */
export function readSearch(text: string): Search {
  if (text === 'standard') return text
  const grid: { -readonly [K in keyof SearchGrid]: SearchGrid[K] } = {}
  for (const part of text.split('+')) {
    const [name = '', values] = part.split(':')
    const list = LISTS.find((known) => known === name)
    const whole = WHOLE.find((known) => known === name)
    if (list && values) grid[list] = values.split(',').map(numberOf)
    else if (whole && values) grid[whole] = numberOf(values)
    else if (name === 'flips' && values === undefined) grid.flips = true
    else
      throw new InvalidArgumentError(
        'It must be standard, or parts joined by + such as scales:0.5,1,2+rotations:-10,0,10+flips+windows:0.5+shortlist:6.',
      )
  }
  return grid
}

function numberOf(text: string): number {
  if (!/^-?(\d+\.?\d*|\.\d+)$/.test(text)) throw new InvalidArgumentError(`'${text.slice(0, 12)}' is not a number.`)
  return Number(text)
}

export const SEARCH = {
  search: {
    value: '<what>',
    help: 'also look for resized, turned and mirrored images, within the same rate, at some fifteen times the cost: standard, or parts such as scales:0.5,1,2+rotations:-10,0,10+flips+windows:0.5',
    read: readSearch,
  },
} as const satisfies Options

export type SearchOptions = OptionsOf<typeof SEARCH>

export const WEIGHED = {
  weighed: {
    help: 'let bits that are read more surely count for more, at the same rate: finds more marks after an attack',
  },
} as const satisfies Options
