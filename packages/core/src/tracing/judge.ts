import { StableSigError } from '../errors.ts'
import type { CalibrationSet } from './calibration.ts'
import { amongTried, type PValue, pValue } from './p-value.ts'

/** 'belongs': the decoder made it. 'foreign': it did not. 'undecided': the score is likely, or unlikely, under both. */
export type TraceVerdict = 'belongs' | 'foreign' | 'undecided'

/** What a score says beside a calibration. */
export interface Judgement {
  readonly verdict: TraceVerdict
  /** How often an image of the decoder's would have so high a score: 'foreign' rests on it. */
  readonly pBelongs: PValue
  /** How often a foreign image would have so low a score, of the class for which that is most likely: 'belongs' rests on it. */
  readonly pForeign: PValue
  /** That class. */
  readonly likestForeign: string
}

/**
 * Holds a score to a calibration. Whatever the foreign class, at most a share `alpha` of its images is said to belong: each class has its
 * p-value and the greatest counts, so that a mixture of many easy classes does not hide a hard one.
 * @param alpha the rate of wrong verdicts of either kind, (0,1)
 * @param tried among how many offsets the score was chosen
 */
export function judge(score: number, { belonging, foreign }: CalibrationSet, alpha: number, tried = 1): Judgement {
  const pBelongs = pValue(score, belonging, 'upper')
  const [likest] = Object.entries(foreign)
    .map(([name, scores]) => ({ name, value: pValue(score, scores, 'lower') }))
    .sort((a, b) => b.value.log10 - a.value.log10)
  if (!likest) throw new StableSigError('bad-calibration', 'the calibration has no foreign images')
  const pForeign = amongTried(likest.value, tried)
  const [unlikeOwn, unlikeForeign] = [pBelongs.p <= alpha, pForeign.p <= alpha]
  const verdict = unlikeOwn === unlikeForeign ? 'undecided' : unlikeForeign ? 'belongs' : 'foreign'
  return { verdict, pBelongs, pForeign, likestForeign: likest.name }
}
