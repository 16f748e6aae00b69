import { basename } from 'node:path'
import type { Extractor } from '@stablesig/core'
import {
  type Calibration,
  calibrate,
  decide,
  type FalsePositives,
  falsePositives,
  type KeySpread,
  keySpread,
  rateInflation,
  softDecide,
} from '@stablesig/core/detection'
import { keyOfCrop, type ReadCrops } from '../../read-crops.ts'
import type { CalibrateOptions } from './command.ts'

/** Above this many times the rate that was asked for, whoever relies on a given key is warned. */
const MAX_RATE_INFLATION = 2

export interface CalibrationReport {
  readonly extractor: string
  readonly whitened: boolean
  readonly bits: number
  readonly photographs: number
  readonly crops: number
  readonly cropSize: number
  readonly undecided: number
  readonly seed: string
  readonly fpr: number
  readonly bias: Pick<Calibration, 'ones' | 'means' | 'stds' | 'worstBias' | 'worstCorrelation' | 'worstCorrelationZ'>
  readonly spread: KeySpread
  /** About how many times more often than `fpr` one key in twenty is found in unmarked photographs. */
  readonly rateInflation: number
  /** Each crop with a random key of its own: the count, the soft decision, and the detector that searches. */
  readonly falsePositives: {
    readonly count: readonly FalsePositives[]
    readonly soft: readonly FalsePositives[]
    readonly searching?: readonly FalsePositives[]
  }
  readonly warning: string | null
}

/** What the crops say. @throws StableSigError 'unattainable' where no count of so many bits decides at --fpr */
export function reportOf(
  { crops, photographs, undecided }: ReadCrops,
  { bits, whitened }: Extractor,
  { extractor, cropSize, fpr, seed }: CalibrateOptions,
): CalibrationReport {
  const rows = crops.map(({ logits }) => logits)
  const spread = keySpread(
    rows,
    crops.map(({ photograph }) => photograph),
  )
  const times = rateInflation(spread, fpr)
  const { ones, means, stds, worstBias, worstCorrelation, worstCorrelationZ } = calibrate(rows)
  const keys = rows.map((_, i) => keyOfCrop(bits, seed, i))
  // The rate does not enter a p-value; at one half a count of any length decides.
  const counted = rows.map((row, i) => decide(row, { key: keys[i]!, fpr: 0.5 }).pValue)
  const soft = rows.map((row, i) => softDecide(row, { key: keys[i]!, fpr: 0.5 }).pValue)
  const searched = crops.flatMap(({ searchedPValue }) => searchedPValue ?? [])
  return {
    extractor: basename(extractor),
    whitened,
    bits,
    photographs,
    crops: crops.length,
    cropSize,
    undecided,
    seed,
    fpr,
    bias: { ones, means, stds, worstBias, worstCorrelation, worstCorrelationZ },
    spread,
    rateInflation: times,
    falsePositives: {
      count: falsePositives(counted, { bits }),
      soft: falsePositives(soft),
      ...(searched.length > 0 && { searching: falsePositives(searched) }),
    },
    warning: times > MAX_RATE_INFLATION ? warningOf(times, fpr, whitened) : null,
  }
}

const warningOf = (times: number, fpr: number, whitened: boolean): string =>
  `the extractor is not whitened well enough for --fpr ${fpr}: with one key in twenty, unmarked photographs such as these are taken ` +
  `for marked about ${times.toPrecision(2)} times more often than that${whitened ? '' : ', and it has no whitening layer'}. ` +
  'Ask for a lower rate, or whiten it on your photographs: `stablesig whiten`'

/** The report for people. */
export function describeReport(report: CalibrationReport): string {
  const { bias, spread } = report
  const lines = [
    `${report.crops} crops of ${report.cropSize} px from ${report.photographs} photographs` +
      (report.undecided > 0 ? `, ${report.undecided} more are of one colour` : ''),
    `bits          ${report.bits}, ${report.whitened ? 'whitened' : 'not whitened'}`,
    `bias          shares of ones ${percent(Math.min(...bias.ones))} to ${percent(Math.max(...bias.ones))}`,
    `correlation   at most ${bias.worstCorrelation.toFixed(3)} between two bits`,
    `given keys    variance of matches up to ${spread.inflation.toFixed(2)} times the binomial one (19 keys in 20)`,
    `              false positives at ${report.fpr}: about ${report.rateInflation.toPrecision(2)} times as many as asked for`,
    ...Object.entries(report.falsePositives).flatMap(([name, curve]) => describeCurve(name, curve)),
  ]
  return `${lines.join('\n')}\n`
}

function describeCurve(name: string, curve: readonly FalsePositives[]): string[] {
  const heads: Record<string, string> = {
    count: 'random keys   false positives of the count, one key for each crop, with 99% bounds',
    soft: '              of the soft decision',
    searching: '              of the detector that searches',
  }
  return [
    heads[name] ?? name,
    ...curve.map(
      ({ fpr, positives, decisions, observed, low, high, exact, consistent }) =>
        `              at ${fpr}: ${positives} of ${decisions} = ${observed.toExponential(2)} ` +
        `[${low.toExponential(2)}, ${high.toExponential(2)}]${exact === null ? '' : `, exactly ${exact.toExponential(2)}`}` +
        (consistent ? '' : '  INCONSISTENT'),
    ),
  ]
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`
