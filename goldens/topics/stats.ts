import {
  bitProbabilities,
  clopperPearson,
  decideTogether,
  decodingFailure,
  exactCollisionProbability,
  falseAcceptRate,
  falsePositiveRate,
  type Interval,
  keyCollisions,
  keyOrComplement,
  log10LikelihoodRatio,
  log10UpperTail,
  lowerTail,
  majorityAccuracy,
  poissonBinomialTails,
  posterior,
  posteriorOfMany,
  threshold,
  truePositiveRate,
  twoSidedDoubled,
  twoSidedSmallMass,
  unionBound,
  unionFalsePositiveRate,
  upperTail,
  wilson,
  wilsonWithContinuity,
} from '@stablesig/stats'
import type { GoldenContext, Topic } from '../topic.ts'

/** Tables of the detection statistics: a row of inputs, then outputs as decimal strings of 30 digits or lists of them. */
export const topic: Topic = {
  name: 'stats',
  runners: {
    'stats.tail': table((row) => {
      const [k, p, t] = row.numbers('k', 'p', 't')
      row.compare('upper', upperTail(t, k, p))
      row.compare('lower', lowerTail(t, k, p))
    }),
    'stats.log10-tail': table((row) => {
      const [k, p, t] = row.numbers('k', 'p', 't')
      row.compare('log10Upper', log10UpperTail(t, k, p))
      // The case's tolerance is for the logarithm: the tail is held to a digit in 1e11, or to the least double.
      const [upper] = row.numbers('upper')
      const tail = upperTail(t, k, p)
      row.compare('upper', tail)
      const off = Math.abs(tail - upper)
      row.check(off <= 2e-11 * upper + Number.MIN_VALUE, `P(Bin(${k},${p}) >= ${t}) is off by ${off} from ${upper}`)
    }),
    'stats.threshold': table((row) => {
      const [k, p, fpr, t] = row.numbers('k', 'p', 'fpr', 't')
      const least = threshold(k, fpr, { p })
      row.compare('t', least)
      row.compare('attainable', Number(least <= k))
      row.compare('tailAtT', falsePositiveRate(t, k, p))
      row.compare('tailBelow', falsePositiveRate(Math.max(0, t - 1), k, p))
    }),
    'stats.threshold-union': table((row) => {
      const [k, users, fpr] = row.numbers('k', 'N', 'fpr')
      const exact = threshold(k, fpr, { users })
      row.compare('t', exact)
      row.compare('rate', unionFalsePositiveRate(falsePositiveRate(exact, k), users))
      const bound = threshold(k, fpr, { users, union: 'bound' })
      row.compare('tBound', bound)
      row.compare('bound', unionBound(falsePositiveRate(bound, k), users))
    }),
    'stats.two-sided': table((row) => {
      const [k, p, m] = row.numbers('k', 'p', 'm')
      row.compare('doubled', twoSidedDoubled(m, k, p))
      row.compare('smallPmf', twoSidedSmallMass(m, k, p))
      row.compare('keyOrComplement', keyOrComplement(m, k))
    }),
    'stats.interval': table((row) => {
      const [x, n, confidence] = row.numbers('x', 'n', 'confidence')
      const compare = (name: string, { low, high }: Interval) => {
        row.compare(`${name}Low`, low)
        row.compare(`${name}High`, high)
      }
      compare('cp', clopperPearson(x, n, confidence))
      compare('wilson', wilson(x, n, confidence))
      compare('wilsonCc', wilsonWithContinuity(x, n, confidence))
    }),
    'stats.power': table((row) => {
      const [k, users, fpr, a] = row.numbers('k', 'N', 'fpr', 'a')
      const t = threshold(k, fpr, { users })
      row.compare('t', t)
      row.compare('tpr', truePositiveRate(t, k, a))
    }),
    'stats.collision': table((row) => {
      const [k, keys, distance] = row.numbers('k', 'N', 'd')
      const got = keyCollisions(k, keys, distance)
      for (const name of ['pair', 'unionUpper', 'lower', 'poisson', 'oneKey'] as const) row.compare(name, got[name])
      if (row.value('birthday') !== null) row.compare('birthday', got.birthday ?? Number.NaN)
    }),
    'stats.collision-brute': table((row) => {
      const [k, keys, distance] = row.numbers('k', 'N', 'd')
      row.compare('exact', exactCollisionProbability(k, keys, distance))
    }),
    'stats.posterior': table((row) => {
      const [k, m, a, prior] = row.numbers('k', 'm', 'a', 'prior')
      const got = posterior(m, k, a, prior)
      for (const name of ['log10BayesFactor', 'log10Odds', 'probability'] as const) row.compare(name, got[name])
    }),
    'stats.posterior-many': table((row) => {
      const [k, a, priorNone] = row.numbers('k', 'a', 'priorNone')
      const got = posteriorOfMany(row.list('matches'), k, a, priorNone)
      row.compare('probability', ...got.probabilities)
      row.compare('probabilityNone', got.none)
    }),
    'stats.poisson-binomial': table((row) => {
      row.compare('upper', ...poissonBinomialTails(row.list('p')))
    }),
    'stats.logit': table((row) => {
      const [temperature] = row.numbers('temperature')
      const [logits, bits] = [row.list('logits'), row.list('bits')]
      const probabilities = bitProbabilities(logits, bits, temperature)
      row.compare('probability', ...probabilities)
      row.compare('log10Ratio', log10LikelihoodRatio(logits, bits, temperature))
      const tails = poissonBinomialTails(probabilities)
      const ts = row.list('t')
      row.compare('t', ...ts)
      row.compare('upper', ...ts.map((t) => tails[t] ?? Number.NaN))
    }),
    'stats.multi-image': table((row) => {
      const [k] = row.numbers('k')
      const got = decideTogether(row.list('matches'), k)
      row.compare('total', got.matches)
      for (const name of ['pooled', 'log10Pooled', 'fisher'] as const) row.compare(name, got[name])
    }),
    'stats.majority': table((row) => {
      const [k, reads, a] = row.numbers('k', 'n', 'a')
      const q = majorityAccuracy(reads, a)
      const t = threshold(k, 1e-6)
      row.compare('q', q)
      row.compare('t', t)
      row.compare('tpr', truePositiveRate(t, k, q))
    }),
    'stats.ecc': table((row) => {
      const [n, messageBits, errors, q] = row.numbers('n', 'kMessage', 'e', 'q')
      row.compare('failure', decodingFailure(n, errors, q))
      row.compare('falseAccept', falseAcceptRate(n, messageBits, errors))
    }),
  },
}

/** A runner that hands a table's rows over one by one, then compares each output column as a whole. */
function table(run: (row: Row) => void): (context: GoldenContext) => Promise<void> {
  return async (context) => {
    const { columns, rows } = parseTable(await context.json(), context.case.file)
    const compared = new Map<string, { got: number[]; want: number[] }>()
    for (const values of rows) run(new Row(context, columns, values, compared))
    for (const [name, { got, want }] of compared) context.compare(name, got, want)
    context.check(rows.length > 0, `${context.case.file} has no rows`)
  }
}

/** One row: its values by column, and what it adds to the columns that are compared. */
class Row {
  constructor(
    private readonly context: GoldenContext,
    private readonly columns: readonly string[],
    private readonly values: readonly unknown[],
    private readonly compared: Map<string, { got: number[]; want: number[] }>,
  ) {}

  value(column: string): unknown {
    const index = this.columns.indexOf(column)
    if (index < 0) throw new Error(`${this.context.case.file} has no column ${column}`)
    return this.values[index]
  }

  numbers<const Names extends readonly string[]>(...columns: Names): { [Index in keyof Names]: number }
  numbers(...columns: readonly string[]): number[] {
    return columns.map((column) => toNumber(this.value(column)))
  }

  list(column: string): number[] {
    const value = this.value(column)
    if (!Array.isArray(value)) throw new Error(`${this.context.case.file}: column ${column} is not a list`)
    return value.map(toNumber)
  }

  compare(column: string, ...got: number[]): void {
    const value = this.value(column)
    const want = Array.isArray(value) ? value.map(toNumber) : [toNumber(value)]
    this.check(got.length === want.length, `${column}: ${got.length} numbers, expected ${want.length}`)
    const both = this.compared.get(column) ?? { got: [], want: [] }
    both.got.push(...got)
    both.want.push(...want)
    this.compared.set(column, both)
  }

  check(ok: boolean, message: string): void {
    this.context.check(ok, message)
  }
}

function parseTable(json: unknown, file: string): { columns: string[]; rows: unknown[][] } {
  if (typeof json === 'object' && json !== null && 'columns' in json && 'rows' in json) {
    const { columns, rows } = json
    if (Array.isArray(columns) && Array.isArray(rows) && rows.every((row) => Array.isArray(row)))
      return { columns: columns.map(String), rows }
  }
  throw new Error(`${file} is not a table of columns and rows`)
}

function toNumber(value: unknown): number {
  const number = ['string', 'number', 'boolean'].includes(typeof value) ? Number(value) : Number.NaN
  if (Number.isNaN(number)) throw new Error(`expected a number, found ${JSON.stringify(value)}`)
  return number
}
