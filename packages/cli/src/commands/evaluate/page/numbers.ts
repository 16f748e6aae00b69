import type { Estimate } from '@stablesig/core/evaluation'

/** Numbers as the page shows them. */

export const share = (value: number): string => value.toFixed(4)

export const percent = (value: number): string => `${(100 * value).toFixed(1)}%`

/** A rate such as 1e-6, in the way one writes it. */
export const rateText = (rate: number): string =>
  rate >= 0.001
    ? String(rate)
    : rate
        .toExponential(2)
        .replace(/\.?0+e/, 'e')
        .replace('e-', 'e−')

export const interval = ({ interval: { low, high } }: Estimate, digits = 3): string =>
  `${low.toFixed(digits)}–${high.toFixed(digits)}`

export const counts = ({ count, of }: Estimate): string => `${count.toLocaleString('en')}/${of.toLocaleString('en')}`

export const decibels = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : 'equal')
