import { falsePositiveRate, type Interval, log10FalsePositiveRate, threshold } from '@stablesig/stats'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { bitAccuracy, type Share, wordAccuracy } from '../metrics/accuracy.ts'
import { auc } from '../metrics/auc.ts'
import { atThreshold, type EmpiricalPoint, type OperatingPoint, tprAtFpr } from '../metrics/tpr-at-fpr.ts'
import { type Cell, clusteredInterval } from './clustered-interval.ts'
import { type IdentificationRate, identificationRate } from './identification.ts'
import type { EvaluationRow } from './row.ts'

export interface SummaryOptions {
  /** Bits of a key. */
  readonly bits: number
  /** Names of the attacks, in the order of the rows' counts. */
  readonly attacks: readonly string[]
  /** Rates at which detection is told of. Default 1e-6 and 1e-9. */
  readonly fprs?: readonly number[] | undefined
  /** Rate over all users that identification keeps. Default 1e-6. */
  readonly identificationFpr?: number | undefined
  /** Numbers of users. Default 1, 10, … 1e6. */
  readonly users?: readonly number[] | undefined
  /** Rate at which unmarked images set the threshold themselves. Default 0.01. */
  readonly empiricalFpr?: number | undefined
  /** Of all intervals. Default 0.95. */
  readonly confidence?: number | undefined
}

/** A share with its interval. */
export interface Estimate extends Share {
  readonly interval: Interval
}

/** What detection gives from some number of matches on. */
export interface DetectionPoint extends OperatingPoint {
  /** Least matches that flag an image. */
  readonly threshold: number
  /** Exact rate at which an unmarked image reaches it, as its logarithm: -Infinity beyond all bits. */
  readonly log10Fpr: number
}

/** Detection at a rate that was asked for. */
export interface DetectionRate extends DetectionPoint {
  /** The rate asked for; that of the threshold is the next below. */
  readonly fpr: number
  readonly exactFpr: number
  readonly tpr: Estimate
}

export interface AttackSummary {
  readonly attack: string
  readonly bits: Estimate
  /** Images of which every bit is right. */
  readonly words: Estimate
  /** Marked, and unmarked, images by how many bits agree, 0..bits. */
  readonly histogram: { readonly marked: readonly number[]; readonly unmarked: readonly number[] }
  /** From half of the bits to all of them. */
  readonly points: readonly DetectionPoint[]
  readonly rates: readonly DetectionRate[]
  /** Marked against unmarked. */
  readonly auc: number
  readonly empirical: EmpiricalPoint & { readonly fpr: number }
  readonly identification: readonly IdentificationRate[]
}

/** Mean and worst over all pictures, or those of one key. */
export interface Fidelity {
  readonly pictures: number
  readonly psnr: { readonly mean: number; readonly min: number }
  readonly ssim: { readonly mean: number; readonly min: number }
  readonly maskedPsnr: { readonly mean: number; readonly min: number }
}

export interface EvaluationSummary {
  readonly keys: number
  readonly images: number
  readonly bits: number
  readonly confidence: number
  readonly identificationFpr: number
  readonly fidelity: Fidelity
  readonly fidelityByKey: readonly (Fidelity & { readonly key: number })[]
  readonly attacks: readonly AttackSummary[]
}

/**
 * The figures of an evaluation's rows. Thresholds are those of the exact binomial; that the unmarked images keep its rates is seen in
 * their histograms and false positives.
 * @throws StableSigError 'bad-argument' without rows; RangeError for a rate or number of users out of range
 */
export function summariseEvaluation(rows: readonly EvaluationRow[], options: SummaryOptions): EvaluationSummary {
  if (rows.length === 0) throw new StableSigError('bad-argument', 'rows: expected at least one, found none')
  const { bits, attacks, confidence = 0.95, identificationFpr = 1e-6 } = options
  const keys = [...new Set(rows.map(({ key }) => key))]
  return {
    keys: keys.length,
    images: new Set(rows.map(({ image }) => image)).size,
    bits,
    confidence,
    identificationFpr,
    fidelity: fidelityOf(rows),
    fidelityByKey: keys.map((key) => ({ key, ...fidelityOf(rows.filter((row) => row.key === key)) })),
    attacks: attacks.map((attack, place) => summariseAttack(rows, attack, place, options)),
  }
}

function summariseAttack(
  rows: readonly EvaluationRow[],
  attack: string,
  place: number,
  options: SummaryOptions,
): AttackSummary {
  const { bits, fprs = [1e-6, 1e-9], identificationFpr = 1e-6, empiricalFpr = 0.01, confidence = 0.95 } = options
  const { users = [1, 10, 100, 1e3, 1e4, 1e5, 1e6] } = options
  const marked = rows.map((row) => at(row.marked, place))
  const unmarked = rows.map((row) => at(row.unmarked, place))
  const readings = marked.map((matches) => ({ matches, total: bits }))
  const estimate = (share: Share, successes: (matches: number) => number, trials: number): Estimate => {
    const cells: Cell[] = rows.map(({ key, image }, i) => ({ key, image, successes: successes(at(marked, i)) }))
    return { ...share, interval: clusteredInterval(cells, trials, confidence) }
  }
  const pointAt = (matches: number): DetectionPoint => ({
    threshold: matches,
    log10Fpr: log10FalsePositiveRate(matches, bits),
    ...atThreshold(marked, unmarked, matches),
  })
  const half = Math.ceil(bits / 2)
  const histogram = { marked: histogramOf(marked, bits), unmarked: histogramOf(unmarked, bits) }
  return {
    attack,
    bits: estimate(bitAccuracy(readings), (matches) => matches, bits),
    words: estimate(wordAccuracy(readings), (matches) => Number(matches === bits), 1),
    histogram,
    points: Array.from({ length: bits - half + 1 }, (_, i) => pointAt(half + i)),
    rates: fprs.map((fpr) => {
      const least = threshold(bits, fpr)
      const point = pointAt(least)
      const share = { count: point.truePositives, of: point.positives, share: point.truePositives / point.positives }
      const tpr = estimate(share, (matches) => Number(matches >= least), 1)
      return { fpr, exactFpr: falsePositiveRate(least, bits), ...point, tpr }
    }),
    auc: auc(marked, unmarked),
    empirical: { fpr: empiricalFpr, ...tprAtFpr(marked, unmarked, empiricalFpr) },
    identification: users.map((count) => identificationRate(histogram.marked, count, identificationFpr)),
  }
}

function histogramOf(matches: readonly number[], bits: number): number[] {
  const counts = new Array<number>(bits + 1).fill(0)
  for (const count of matches) counts[count] = at(counts, count) + 1
  return counts
}

function fidelityOf(rows: readonly EvaluationRow[]): Fidelity {
  const over = (of: (row: EvaluationRow) => number) => {
    const values = rows.map(of)
    return { mean: values.reduce((a, b) => a + b, 0) / values.length, min: values.reduce((a, b) => Math.min(a, b)) }
  }
  return {
    pictures: rows.length,
    psnr: over(({ psnr }) => psnr),
    ssim: over(({ ssim }) => ssim),
    maskedPsnr: over(({ maskedPsnr }) => maskedPsnr),
  }
}
