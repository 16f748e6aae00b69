// @ts-check
import { auc, tprAtFpr } from '@stablesig/core/metrics'
import { BELONGING } from './scored.mjs'

/** @param {readonly number[]} scores */
export const rising = (scores) => scores.map((score) => -score)

/**
 * How well each statistic tells belonging images from each class, and from all of them.
 * @param {readonly import('./scored.mjs').Result[]} results
 */
export function comparison(results) {
  const [first] = results
  const classes = [...(first?.scores.keys() ?? [])].filter((name) => name !== BELONGING)
  const rows = results.map(({ name, seconds, scores }) => {
    // Low scores belong; a rate is of what lies above a threshold.
    const positives = rising(scores.get(BELONGING) ?? [])
    const cell = (/** @type {readonly number[]} */ negatives) => {
      const { truePositives, positives: all } = tprAtFpr(positives, negatives, 0.01)
      return `${digits(auc(positives, negatives))}/${digits(truePositives / all)}`
    }
    const each = classes.map((name) => rising(scores.get(name) ?? []))
    return [name, cell(each.flat()), ...each.map(cell), seconds.toPrecision(2), positives.length]
  })
  return table(['', 'all', ...classes, 'seconds', 'images'], rows)
}

/** A table as Markdown has it. @param {readonly string[]} head @param {readonly (readonly (string | number)[])[]} rows */
export function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** '.98', '1.00'. @param {number} share */
const digits = (share) => share.toFixed(3).replace(/^0/, '')
