import { checkScores } from './scores.ts'

/**
 * Area under the ROC curve, by the statistic of Mann and Whitney: the chance that a positive scores above a negative, ties
 * counting half. 1: all positives above all negatives; 0.5: no better than chance.
 *   (R - n(n + 1)/2) / (n·m), R the sum of the n positives' ranks among all n + m scores, equal scores sharing their mean rank
 * @param positives scores of what should be found, of marked images for example; at least one
 * @param negatives scores of what should not; at least one
 * @throws StableSigError 'bad-argument' where there is none, or one is NaN
 */
export function auc(positives: ArrayLike<number>, negatives: ArrayLike<number>): number {
  checkScores(positives, 'positives')
  checkScores(negatives, 'negatives')
  const [above, below] = [sorted(positives), sorted(negatives)]
  // Twice the pairs won, so that ties stay whole numbers.
  let won = 0
  let less = 0
  let atMost = 0
  for (const score of above) {
    while (less < below.length && below[less]! < score) less++
    while (atMost < below.length && below[atMost]! <= score) atMost++
    won += less + atMost
  }
  return won / (2 * above.length * below.length)
}

const sorted = (scores: ArrayLike<number>): Float64Array => Float64Array.from(scores).sort()
