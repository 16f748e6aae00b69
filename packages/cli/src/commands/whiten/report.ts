import { calibrate, type KeySpread, keySpread } from '@stablesig/core/detection'
import type { ReadCrops } from '../../read-crops.ts'
import type { WhitenCommandOptions } from './command.ts'
import type { CrossWhitened } from './whitening.ts'

/** How white bits are on photographs. */
interface Whiteness {
  /** Least and greatest share of crops on which a bit is read as 1: fair is .5. */
  readonly ones: readonly [number, number]
  /** Mean over bits of |mean of the sign|, each in [0,1]: 0 is right, chance alone gives .8/√crops. */
  readonly meanBias: number
  /** Greatest correlation of two bits' signs, in [-1,1]. */
  readonly worstCorrelation: number
  readonly spread: KeySpread
}

export interface WhiteningReport {
  readonly out: string
  readonly bits: number
  readonly photographs: number
  readonly crops: number
  readonly cropSize: number
  readonly undecided: number
  readonly before: Whiteness
  /** Each half of the photographs through the layer computed from the other. */
  readonly after: Whiteness
}

export const reportOf = (
  { crops, photographs, undecided }: ReadCrops,
  { rows, photographs: of }: CrossWhitened,
  { out, cropSize }: WhitenCommandOptions,
): WhiteningReport => ({
  ...{ out, bits: rows[0]?.length ?? 0, photographs, crops: crops.length, cropSize, undecided },
  before: whiteness(
    crops.map(({ logits }) => logits),
    crops.map(({ photograph }) => photograph),
  ),
  after: whiteness(rows, of),
})

function whiteness(rows: readonly ArrayLike<number>[], photographs: readonly number[]): Whiteness {
  const { ones, worstCorrelation } = calibrate(rows)
  const meanBias = ones.reduce((sum, share) => sum + Math.abs(2 * share - 1), 0) / ones.length
  return {
    ones: [Math.min(...ones), Math.max(...ones)],
    meanBias,
    worstCorrelation,
    spread: keySpread(rows, photographs),
  }
}

/** The report for people. */
export function describeReport(report: WhiteningReport): string {
  const { before, after } = report
  const row = (name: string, tell: (one: Whiteness) => string) =>
    `${name.padEnd(38)}${tell(before).padEnd(18)}${tell(after)}`
  return [
    `${report.out}: ${report.bits} bits, whitened on ${report.crops} crops of ${report.cropSize} px from ${report.photographs} photographs` +
      (report.undecided > 0 ? `; ${report.undecided} more are of one colour` : ''),
    `${''.padEnd(38)}${'before'.padEnd(18)}after, each half judged by the other’s layer`,
    row('shares of ones', ({ ones: [least, greatest] }) => `${percent(least)} to ${percent(greatest)}`),
    row('mean bias of a bit', ({ meanBias }) => meanBias.toFixed(3)),
    row('greatest correlation of two bits', ({ worstCorrelation }) => worstCorrelation.toFixed(3)),
    row('variance of a given key’s matches', ({ spread }) => `${spread.inflation.toFixed(2)} times`),
    '',
  ].join('\n')
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`
